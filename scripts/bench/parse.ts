// How quickly `perfcase analyze --strace` reads a long log, beside `wc -l` and beside a plain reader. Whole commands,
// start-up and verdict included. `npm run bench:parse -- --sizes 250,1000 --rounds 3`
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DIST } from '../../test/support/scene.ts';
import { writeLog } from './parse-log.ts';
import { toMarkdown, toText } from './table.ts';

const { values } = parseArgs({
  options: {
    format: { type: 'string', default: 'text' },
    sizes: { type: 'string', default: '250,1000' },
    rounds: { type: 'string', default: '3' },
  },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
if (!print) throw new Error('--format takes text or markdown');
const sizes = values.sizes.split(',').map(Number);
const rounds = Number(values.rounds);
if (![...sizes, rounds].every((value) => Number.isInteger(value) && value > 0)) {
  throw new Error('--sizes takes megabytes separated by commas, --rounds a number');
}

const NODE = [process.execPath, '--require', join(import.meta.dirname, 'usage.cjs')];
const PLAIN = join(import.meta.dirname, 'parse-plain.mjs');
const READERS: readonly (readonly [string, (log: string) => readonly string[]])[] = [
  [
    'perfcase analyze --strace',
    (log) => [...NODE, join(DIST, 'perfcase.js'), 'analyze', '--quiet', '--strace', log],
  ],
  ['readline and a regular expression', (log) => [...NODE, PLAIN, log]],
  ['wc -l', (log) => ['wc', '-l', log]],
];

interface Run {
  readonly seconds: number;
  /** Known of Node processes. */
  readonly cpuSeconds?: number;
  readonly peakMb?: number;
}

function run([file, ...args]: readonly string[]): Run {
  const beganAt = performance.now();
  const { status, output } = spawnSync(file!, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const seconds = (performance.now() - beganAt) / 1000;
  const [, , said, used] = output.map(String);
  // 3: causes were found.
  if (status !== 0 && status !== 3) throw new Error(`${file} ${args.join(' ')}: ${said}`);
  if (!used) return { seconds };
  const { peakKib, cpuUs } = JSON.parse(used) as { peakKib: number; cpuUs: number };
  return { seconds, cpuSeconds: cpuUs / 1e6, peakMb: peakKib / 1024 };
}

/** Of what is known of every run; absent when nothing is. */
function known(runs: readonly Run[], figure: 'cpuSeconds' | 'peakMb'): readonly number[] | undefined {
  const all = runs.flatMap((each) => each[figure] ?? []);
  return all.length === runs.length ? all : undefined;
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!;

const folder = mkdtempSync(join(tmpdir(), 'perfcase-bench-'));
const rows: string[][] = [];
try {
  for (const megabytes of sizes) {
    const log = join(folder, 'redis.strace');
    const { bytes, lines } = writeLog(log, megabytes * 1e6);
    process.stderr.write(`bench: ${megabytes} MB, ${lines} lines\n`);
    const runs = READERS.map((): Run[] => []);
    // One of each in turn, so that what else the machine does meets all of them.
    for (let round = 0; round < rounds; round++) {
      for (const [at, [, command]] of READERS.entries()) runs[at]!.push(run(command(log)));
    }
    const seconds = runs.map((all) => median(all.map((each) => each.seconds)));
    const cpu = runs.map((all) => known(all, 'cpuSeconds')).map((all) => all && median(all));
    const peaks = runs.map((all) => known(all, 'peakMb')).map((all) => all && Math.max(...all));
    for (const [at, [name]] of READERS.entries()) {
      rows.push([
        `${megabytes} MB: ${name}`,
        seconds[at]!.toFixed(2),
        Math.min(...runs[at]!.map((each) => each.seconds)).toFixed(2),
        String(Math.round(bytes / 1e6 / seconds[at]!)),
        (seconds[1]! / seconds[at]!).toFixed(1),
        cpu[at]?.toFixed(2) ?? '–',
        cpu[at] ? (cpu[1]! / cpu[at]).toFixed(1) : '–',
        peaks[at]?.toFixed(0) ?? '–',
      ]);
    }
    rmSync(log);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(
  print({
    title: `Reading a log of strace, medians of ${rounds} rounds (Node ${process.version})`,
    head: [
      'size: reader',
      's',
      'fastest',
      'MB/s',
      'times the plain reader',
      'CPU s',
      'times, by CPU',
      'peak MB',
    ],
    rows,
    notes: [
      'The goal is 8 times the plain reader, in at most 96 MB. The CPU time tells more where other processes run.',
    ],
  }),
);
