// Plays `perfcase replay NAME --check` of every scenario for teaching: three times with its fault, once without, on each
// server it is for. `npm run check:scenarios -- --minutes 7`. Results are appended to check-scenarios.jsonl as they come,
// and a run that was interrupted goes on from there; --retry plays the rows again in which something was not as wanted.
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadScenario, scenarioIds } from '../src/scenario/catalogue.ts';
import { type CheckResult, checkTable, isAsWanted } from './plays/check-table.ts';
import { readResults } from './plays/results.ts';
import { runPerfcase } from './plays/run.ts';
import { SharedDisks } from './plays/shared-disks.ts';

const RUNS = 3;
const LIMIT_MS = 180_000;
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    server: { type: 'string' },
    minutes: { type: 'string', default: '600' },
    results: { type: 'string', default: 'check-scenarios.jsonl' },
    fresh: { type: 'boolean', default: false },
    retry: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(name));

if (values.fresh) rmSync(values.results, { force: true });
let results = readResults<CheckResult>(values.results);
if (values.retry) forgetBadRows();
if (!values.table) await playAll();
process.stdout.write(checkTable(results, RUNS));
process.exitCode = results.every(isAsWanted) ? 0 : 1;

function forgetBadRows(): void {
  const isBad = ({ id, server }: CheckResult) =>
    results.some((each) => each.id === id && each.server === server && !isAsWanted(each));
  results = results.filter((result) => !isBad(result));
  writeFileSync(values.results, results.map((result) => `${JSON.stringify(result)}\n`).join(''));
}

async function playAll(): Promise<void> {
  const until = performance.now() + Number(values.minutes) * 60_000;
  const disks = new SharedDisks(stop.signal);
  try {
    for (const play of await choosePlays()) {
      if (stop.signal.aborted || performance.now() > until) break;
      const result = await playOne(play, disks);
      if (stop.signal.aborted) break;
      results.push(result);
      appendFileSync(values.results, `${JSON.stringify(result)}\n`);
      const mark = isAsWanted(result) ? 'ok  ' : 'FAIL';
      process.stderr.write(
        `${mark} ${result.id} on ${result.server}, ${result.run}: ${result.code}; ${result.said.join('; ')}\n`,
      );
    }
  } finally {
    await disks.close();
  }
}

type Play = Pick<CheckResult, 'id' | 'server' | 'run'>;

/** What is still to be played. */
async function choosePlays(): Promise<Play[]> {
  const wanted = values.only.split(',').filter(Boolean);
  const plays: Play[] = [];
  for (const id of wanted.length > 0 ? wanted : await scenarioIds()) {
    const { servers, fault } = await loadScenario(id);
    for (const server of servers.filter((name) => values.server === undefined || name === values.server)) {
      for (let run = 1; run <= RUNS; run++) plays.push({ id, server, run });
      if (fault.length > 0) plays.push({ id, server, run: 'healthy' });
    }
  }
  const isDone = (play: Play) =>
    results.some(({ id, server, run }) => id === play.id && server === play.server && run === play.run);
  return plays.filter((play) => !isDone(play));
}

async function playOne(play: Play, disks: SharedDisks): Promise<CheckResult> {
  const { id, server, run } = play;
  const folder = await disks.folderFor(await loadScenario(id));
  const { code, stdout, stderr } = await runPerfcase(
    [
      ...['replay', id, '--check', '--server', server, '--duration', '4s', '--format', 'json', '--quiet'],
      ...(run === 'healthy' ? ['--without-fault'] : ['--seed', String(run)]),
      ...(folder === undefined ? [] : ['--folder', folder]),
    ],
    { limitMs: LIMIT_MS, signal: stop.signal },
  );
  return { ...play, code, said: stdout === '' ? [stderr.trim()] : whatFailed(stdout) };
}

function whatFailed(stdout: string): string[] {
  const { checks } = JSON.parse(stdout) as {
    checks: readonly { what: string; expected: string; seen: string; ok: boolean }[];
  };
  return checks
    .filter(({ ok }) => !ok)
    .map(({ what, expected, seen }) => `${what}: expected ${expected}, seen ${seen}`);
}
