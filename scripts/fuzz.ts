// Feeds damaged outputs to everything that reads outputs. `npm run fuzz -- 100000 --seed 7`
// A child does the reading; when it does not end a case in time, it is ended, and the case counts as a hang.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toMarkdown, toText } from './bench/table.ts';
import { caseBytes, fuzzCase, targetOf } from './fuzz/case.ts';
import { TARGETS } from './fuzz/targets.ts';

/** A case takes a few milliseconds; this is patience with a busy machine. */
const HANG_MS = 20_000;
const DEFECTS_TOLD = 20;

/** What the child tells: which case it begins, and what came of the one before. */
type Message =
  | { readonly kind: 'begins'; readonly index: number }
  | {
      readonly kind: 'done';
      readonly index: number;
      readonly ms: number;
      readonly problems: number;
      readonly defect?: string;
    };

if (process.send) await child();
else process.exitCode = await parent();

async function child(): Promise<void> {
  const [from, to, seed] = process.argv.slice(2, 5).map(Number) as [number, number, number];
  const tell = (message: Message) =>
    new Promise<void>((settle) => {
      process.send!(message, () => settle());
    });
  for (let index = from; index < to; index++) {
    await tell({ kind: 'begins', index });
    const { ms, problems, defect } = await fuzzCase(seed, index);
    await tell({ kind: 'done', index, ms, problems, ...(defect === undefined ? {} : { defect }) });
  }
  process.disconnect();
}

async function parent(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, format: { type: 'string', default: 'text' } },
  });
  const [cases, seed] = [Number(positionals[0] ?? '100000'), Number(values.seed)];
  const print = { text: toText, markdown: toMarkdown }[values.format];
  if (!print || !(cases > 0) || !Number.isInteger(seed))
    throw new Error('fuzz [CASES] [--seed N] [--format text|markdown]');
  process.stderr.write(`fuzz: ${cases} cases, seed ${seed}\n`);
  const counts = TARGETS.map(() => ({ cases: 0, crashes: 0, hangs: 0, withProblems: 0, slowestMs: 0 }));
  let folder: string | undefined;
  let told = 0;
  const defect = (index: number, what: string) => {
    if (told++ >= DEFECTS_TOLD) return;
    folder ??= mkdtempSync(join(tmpdir(), 'perfcase-fuzz-'));
    const path = join(folder, `case-${index}`);
    process.stderr.write(`fuzz: case ${index} (${targetOf(index).name}): ${what}\n  kept as ${path}\n`);
    writeFileSync(path, caseBytes(seed, index));
  };
  for (let next = 0; next < cases; ) {
    next = await runChild(next, cases, seed, (message) => {
      const count = counts[message.index % TARGETS.length]!;
      count.cases++;
      if (message.kind === 'begins') {
        count.hangs++;
        defect(message.index, 'did not end');
        return;
      }
      count.slowestMs = Math.max(count.slowestMs, message.ms);
      if (message.problems > 0) count.withProblems++;
      if (message.defect === undefined) return;
      count.crashes++;
      defect(message.index, message.defect);
    });
  }
  const sum = (key: keyof (typeof counts)[number]) => counts.reduce((total, each) => total + each[key], 0);
  const row = (name: string, each: (typeof counts)[number]) => [
    name,
    ...[each.cases, each.crashes, each.hangs, each.withProblems].map(String),
    each.slowestMs.toFixed(0),
  ];
  const all = {
    ...{
      cases: sum('cases'),
      crashes: sum('crashes'),
      hangs: sum('hangs'),
      withProblems: sum('withProblems'),
    },
    slowestMs: Math.max(...counts.map((each) => each.slowestMs)),
  };
  process.stdout.write(
    print({
      title: `Damaged outputs, seed ${seed} (Node ${process.version})`,
      head: ['read as', 'cases', 'crashes', 'hangs', 'with problems by line', 'slowest ms'],
      rows: [...TARGETS.map(({ name }, at) => row(name, counts[at]!)), row('all', all)],
      notes: ['A problem at a line that the text does not have counts as a crash.'],
    }),
  );
  return all.crashes + all.hangs > 0 ? 1 : 0;
}

/** Runs cases in a child until it has done all, or hangs. @returns the case to go on with */
function runChild(
  from: number,
  to: number,
  seed: number,
  outcome: (message: Message) => void,
): Promise<number> {
  const child: ChildProcess = fork(import.meta.filename, [String(from), String(to), String(seed)]);
  let current = from;
  return new Promise((settle) => {
    let watchdog = setTimeout(() => child.kill('SIGKILL'), HANG_MS * 3);
    child.on('message', (message: Message) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
      if (message.kind === 'begins') return;
      current = message.index + 1;
      outcome(message);
    });
    child.once('exit', () => {
      clearTimeout(watchdog);
      // It did not come to the end of this case: it hung and was ended, or died.
      if (current < to) outcome({ kind: 'begins', index: current });
      settle(Math.min(to, current + 1));
    });
  });
}
