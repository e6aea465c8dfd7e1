import type { Command } from 'commander';
import { UserError } from '../../core/errors.ts';
import type { LogOptions } from '../analyze/from-logs.ts';
import type { Io } from '../command.ts';
import { addReportOptions } from '../report-output.ts';

interface Options extends LogOptions {
  readonly diff?: boolean;
}

const RECORDINGS = `
A recording gives the same report on every machine. One that was cut is analyzed as far as it goes, and the report
says so. --diff takes two, prints what changed, and ends with the exit code of the second.`;

export function configure(command: Command, io: Io): void {
  const collect = (value: string, before: string[]) => [...before, value];
  addReportOptions(
    command
      .argument('[files...]', 'a recording of perfcase record; - is standard input')
      .option('--diff', 'say what changed between two recordings: --diff BEFORE AFTER')
      .option(
        '--strace <log>',
        'output of strace -f -tt -T, of any size, packed with gzip or not; - is standard input; may be repeated',
        collect,
        [],
      )
      .option('--lsof <file>', 'output of lsof -p, or of lsof -i; may be repeated', collect, [])
      .option('--pidstat <file>', 'output of pidstat -d; may be repeated', collect, [])
      .option('--iostat <file>', 'output of iostat -x; may be repeated', collect, [])
      .option('--top <file>', 'output of top; may be repeated', collect, [])
      .option('--pid <n>', 'the process the question is about, when the logs show several'),
  )
    .addHelpText('after', RECORDINGS)
    .action(async (files: string[], options: Options) => {
      if (files.length === 0 && !options.diff) {
        const { analyzeLogs } = await import('../analyze/from-logs.ts');
        await analyzeLogs(options, io);
        return;
      }
      const logs = (['lsof', 'pidstat', 'iostat', 'top', 'strace'] as const).filter(
        (tool) => options[tool].length > 0,
      );
      if (logs.length > 0 || options.pid !== undefined) {
        throw new UserError(
          `a recording holds everything; leave out --${logs[0] ?? 'pid'}, or leave out ${files[0] ?? '--diff'}.`,
        );
      }
      const { analyzeFiles } = await import('../recording/analyze.ts');
      await analyzeFiles(files, options, io);
    });
}
