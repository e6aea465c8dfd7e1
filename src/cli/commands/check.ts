import { type Command, Option } from 'commander';
import { EXIT } from '../../core/errors.ts';
import { checkMachine } from '../check/check.ts';
import { checkText } from '../check/text.ts';
import type { Io } from '../command.ts';

/** `perfcase check`: exit code 0 when `diagnose` can do its main job here, 4 when something it needs is missing. */
export function configure(command: Command, io: Io): void {
  command
    .addOption(new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text'))
    .action(async ({ format }: { format: 'text' | 'json' }) => {
      const check = await checkMachine(io.env, io.signal);
      io.signal.throwIfAborted();
      io.stdout.write(format === 'json' ? `${JSON.stringify(check, null, 2)}\n` : checkText(check));
      io.exitCode = check.diagnose.ready ? EXIT.ok : EXIT.inconclusive;
    });
}
