import { type Command, InvalidArgumentError } from 'commander';
import { splitAddress } from '../../core/addresses.ts';
import { UserError } from '../../core/errors.ts';
import { startApp } from '../../slowapp/app.ts';
import type { Io } from '../command.ts';

interface Options {
  port: number;
  host: string;
  redis: { host: string; port: number };
}

/** `perfcase app`: the slow cache application, until it is told to stop. */
export function configure(command: Command, io: Io): void {
  command
    .option('--port <n>', 'port to listen on; 0 takes a free one', readPort, 10_000)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--redis <host:port>', 'the server that holds the cache', readAddress, {
      host: '127.0.0.1',
      port: 6379,
    })
    .action(async (options: Options) => {
      await serve(options, io);
    });
}

async function serve(options: Options, io: Io): Promise<void> {
  const app = await startApp({
    ...options,
    monotonic: () => performance.now(),
    log: (line) => io.stderr.write(`perfcase app: ${line}\n`),
  }).catch((error: NodeJS.ErrnoException) => {
    const { port, host } = options;
    if (error.code === 'EADDRINUSE') {
      throw new UserError(
        `app: port ${port} on ${host} is taken by another process; choose another with --port, or 0.`,
      );
    }
    throw new UserError(`app: cannot listen on ${host} port ${port}: ${error.message}`);
  });
  io.stdout.write(`perfcase app: ready on ${options.host}:${app.port} (pid ${process.pid})\n`);
  await new Promise<void>((settle) => {
    if (io.signal.aborted) settle();
    else io.signal.addEventListener('abort', () => settle(), { once: true });
  });
  await app.close();
}

function readPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 0 && port <= 65_535)) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function readAddress(text: string): { host: string; port: number } {
  const { host, port } = splitAddress(text);
  if (host === '' || !/^\d+$/.test(port))
    throw new InvalidArgumentError('Write it as HOST:PORT, for example 127.0.0.1:6379.');
  return { host, port: readPort(port) };
}
