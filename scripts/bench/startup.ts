// How long `perfcase --version` and `--help` take beside a Node that does nothing. `npm run bench:startup -- --rounds 60`
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { DIST } from '../../test/support/scene.ts';
import { toMarkdown, toText } from './table.ts';

const { values } = parseArgs({
  options: { format: { type: 'string', default: 'text' }, rounds: { type: 'string', default: '40' } },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
if (!print) throw new Error('--format takes text or markdown');
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number');

const CLI = `${DIST}/perfcase.js`;
const COMMANDS: readonly (readonly [string, readonly string[]])[] = [
  ['node -e 0', ['-e', '0']],
  ['perfcase --version', [CLI, '--version']],
  ['perfcase --help', [CLI, '--help']],
  ['perfcase list causes', [CLI, 'list', 'causes']],
];

/** Milliseconds from spawn to exit. */
function once(args: readonly string[]): number {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return performance.now() - began;
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!;

// One of each in turn, so that what else the machine does meets all of them.
const times = COMMANDS.map((): number[] => []);
for (let round = -1; round < rounds; round++) {
  for (const [at, [, args]] of COMMANDS.entries()) {
    const ms = once(args);
    // The first round fills the caches of the disk.
    if (round >= 0) times[at]!.push(ms);
  }
}
const bare = median(times[0]!);
process.stdout.write(
  print({
    title: `Start-up, medians of ${rounds} rounds, one of each in turn (Node ${process.version})`,
    head: ['command', 'ms', 'fastest', 'ratio'],
    rows: COMMANDS.map(([name], at) => [
      name,
      median(times[at]!).toFixed(1),
      Math.min(...times[at]!).toFixed(1),
      (median(times[at]!) / bare).toFixed(2),
    ]),
    notes: ['The goal for --version and --help is a ratio of 1.2.'],
  }),
);
