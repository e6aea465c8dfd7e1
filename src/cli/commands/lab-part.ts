import type { Command } from 'commander';
import type { PartOrder } from '../../core/lab-part.ts';
import { runPart } from '../../lab/parts/index.ts';
import type { Io } from '../command.ts';

/**
 * `perfcase lab-part JSON`: one part of a scenario, as a process of its own, so that it looks like a real client or a
 * real neighbour of the server. Started by the player; not shown in the help.
 */
export function configure(command: Command, io: Io): void {
  command.argument('<order>', 'what to do, as JSON').action(async (order: string) => {
    io.stdout.write('perfcase lab-part: ready\n');
    await runPart(
      JSON.parse(order) as PartOrder,
      (news) => io.stdout.write(`${JSON.stringify(news)}\n`),
      io.signal,
    );
  });
}
