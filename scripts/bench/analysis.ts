// What judging a trace costs by its length, from 0.1 to 10 million events: whole commands of `perfcase analyze
// --strace`, start-up and report included. `npm run bench:analysis -- --events 0.1,1,10 --rounds 3`
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
    events: { type: 'string', default: '0.1,0.3,1,3,10' },
    rounds: { type: 'string', default: '3' },
  },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
if (!print) throw new Error('--format takes text or markdown');
const millions = values.events.split(',').map(Number);
const rounds = Number(values.rounds);
if (![...millions, rounds].every((value) => value > 0))
  throw new Error('--events takes millions separated by commas, --rounds a number');

/** Of a line of such a log, on average. */
const LINE_BYTES = 118;
const NODE = [process.execPath, '--require', join(import.meta.dirname, 'usage.cjs')] as const;

function analyze(log: string): { seconds: number; cpuSeconds: number; peakMb: number } {
  const [file, ...args] = [...NODE, join(DIST, 'perfcase.js'), 'analyze', '--quiet', '--strace', log];
  const beganAt = performance.now();
  const { status, output } = spawnSync(file, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const seconds = (performance.now() - beganAt) / 1000;
  const [, , said, used] = output.map(String);
  // 3: causes were found.
  if (status !== 3) throw new Error(`analyze ended with ${status}: ${said}`);
  const { peakKib, cpuUs } = JSON.parse(used!) as { peakKib: number; cpuUs: number };
  return { seconds, cpuSeconds: cpuUs / 1e6, peakMb: peakKib / 1024 };
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!;

const folder = mkdtempSync(join(tmpdir(), 'perfcase-bench-'));
const rows: string[][] = [];
try {
  for (const million of millions) {
    const log = join(folder, 'redis.strace');
    const { bytes, lines } = writeLog(log, million * 1e6 * LINE_BYTES);
    process.stderr.write(`bench: ${lines} events, ${Math.round(bytes / 1e6)} MB\n`);
    const runs = Array.from({ length: rounds }, () => analyze(log));
    const seconds = median(runs.map((run) => run.seconds));
    rows.push([
      (lines / 1e6).toFixed(2),
      String(Math.round(bytes / 1e6)),
      seconds.toFixed(2),
      median(runs.map((run) => run.cpuSeconds)).toFixed(2),
      ((seconds / lines) * 1e6).toFixed(2),
      Math.max(...runs.map((run) => run.peakMb)).toFixed(0),
    ]);
    rmSync(log);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(
  print({
    title: `Judging a trace, medians of ${rounds} rounds (Node ${process.version})`,
    head: ['million events', 'MB', 's', 'CPU s', 'µs an event', 'peak MB'],
    rows,
    notes: ['Up to 32 MiB every call is rebuilt; beyond, every call is counted and stretches are rebuilt.'],
  }),
);
