import type { Command } from 'commander';
import { splitAddress } from '../../core/addresses.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { openClient } from '../../probes/redis/capture.ts';
import type { Io } from '../command.ts';

const TIMEOUT_MS = 20_000;

/** Not for people: sends one command to a stage's server from inside its network, and prints the reply as JSON. */
export function configure(command: Command, io: Io): void {
  command
    .argument('<host:port>')
    .argument('<words...>')
    .action(async (address: string, [name, ...args]: string[]) => {
      const { host, port } = splitAddress(address);
      const client = openClient({ host, port: Number(port), timeoutMs: TIMEOUT_MS });
      client.on('error', () => undefined);
      try {
        await client.connect();
        io.stdout.write(`${JSON.stringify(await client.call(name!, ...args))}\n`);
      } catch (error) {
        throw new UserError(error instanceof Error ? error.message : String(error), EXIT.failure);
      } finally {
        client.disconnect();
      }
    });
}
