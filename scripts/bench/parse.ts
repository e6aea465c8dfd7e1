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

const PLAIN = join(import.meta.dirname, 'parse-plain.mjs');
const READERS: readonly (readonly [string, (log: string) => readonly string[]])[] = [
  [
    'perfcase analyze --strace',
    (log) => [process.execPath, join(DIST, 'perfcase.js'), 'analyze', '--quiet', '--strace', log],
  ],
  ['readline and a regular expression', (log) => [process.execPath, PLAIN, log]],
  ['wc -l', (log) => ['wc', '-l', log]],
];

interface Run {
  readonly seconds: number;
  readonly peakMb: number;
}

/** GNU time tells the largest resident set of the command. */
function run(command: readonly string[]): Run {
  const { status, stderr } = spawnSync('/usr/bin/time', ['--quiet', '-f', '%e %M', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const [, seconds, kib] = /(\d+\.\d+) (\d+)\s*$/.exec(stderr) ?? [];
  // 3: causes were found.
  if (seconds === undefined || (status !== 0 && status !== 3))
    throw new Error(`${command.join(' ')}: ${stderr}`);
  return { seconds: Number(seconds), peakMb: Number(kib) / 1024 };
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
    for (const [at, [name]] of READERS.entries()) {
      rows.push([
        `${megabytes} MB: ${name}`,
        seconds[at]!.toFixed(2),
        Math.min(...runs[at]!.map((each) => each.seconds)).toFixed(2),
        String(Math.round(bytes / 1e6 / seconds[at]!)),
        (seconds[1]! / seconds[at]!).toFixed(1),
        String(Math.round(Math.max(...runs[at]!.map((each) => each.peakMb)))),
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
    head: ['size: reader', 's', 'fastest', 'MB/s', 'times the plain reader', 'peak MB'],
    rows,
    notes: ['The goal is 8 times the plain reader, in at most 96 MB.'],
  }),
);
