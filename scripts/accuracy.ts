// Plays the fault corpus and prints how often the diagnosis was right: `npm run accuracy -- --sample 20`. Each play is
// `perfcase replay ENTRY --seed N`, as a process of its own. Results are appended to accuracy.jsonl as they come, and a
// run that was interrupted goes on from there; --fresh begins anew.
import { appendFileSync, rmSync } from 'node:fs';
import { randomOf } from '../src/lab/parts/words.ts';
import { corpusIds, loadScenario, scenarioIds } from '../src/scenario/catalogue.ts';
import type { Scenario } from '../src/scenario/scenario.ts';
import { readOptions } from './accuracy/options.ts';
import { judgePlay, type PlayedJson, type PlayResult } from './accuracy/play.ts';
import { accuracyTable } from './accuracy/table.ts';
import { readResults } from './plays/results.ts';
import { runPerfcase } from './plays/run.ts';
import { SharedDisks } from './plays/shared-disks.ts';

interface Play {
  readonly id: string;
  readonly server: Scenario['servers'][number];
  readonly seed: number;
}

const WINDOW = '4s';
const LIMIT_MS = 120_000;
const options = readOptions(process.argv.slice(2));
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(name));

if (options.fresh) rmSync(options.results, { force: true });
const results = readResults<PlayResult>(options.results);
if (!options.table) await playAll();
process.stdout.write(`\n${accuracyTable(results)}`);

async function playAll(): Promise<void> {
  const isDone = (play: Play) =>
    results.some(({ id, server, seed }) => id === play.id && server === play.server && seed === play.seed);
  const plays = (await choosePlays()).filter((play) => !isDone(play));
  const disks = new SharedDisks(stop.signal);
  try {
    for (const [index, play] of plays.entries()) {
      if (stop.signal.aborted) break;
      const result = await playOne(play, disks);
      if (stop.signal.aborted) break;
      results.push(result);
      appendFileSync(options.results, `${JSON.stringify(result)}\n`);
      process.stderr.write(`${index + 1}/${plays.length} ${lineOf(result)}\n`);
    }
  } finally {
    await disks.close();
  }
}

/** Every entry × seeds; faults with several seeds and on each server in turn. */
async function choosePlays(): Promise<Play[]> {
  const ids = [...(await scenarioIds()), ...(await corpusIds())];
  const unknown = options.only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`there is no entry ${unknown.join(', ')}`);
  const plays: Play[] = [];
  for (const id of options.only.length > 0 ? options.only : ids) {
    const { kind, servers } = await loadScenario(id);
    if (kind === 'case') continue;
    const seeds = kind === 'fault' || options.only.length > 0 ? options.seeds : 1;
    for (let seed = 1; seed <= seeds; seed++)
      plays.push({ id, seed, server: servers[(seed - 1) % servers.length]! });
  }
  if (options.sample === undefined) return plays;
  const random = randomOf(options.seed);
  return plays
    .map((play) => ({ play, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, options.sample)
    .map(({ play }) => play);
}

async function playOne({ id, server, seed }: Play, disks: SharedDisks): Promise<PlayResult> {
  const started = performance.now();
  const scenario = await loadScenario(id, { seed });
  const base = { id, kind: scenario.kind, server, seed };
  const nothing = { expected: [], found: [], missed: [], others: [], predictions: [] };
  const seconds = () => Math.round(performance.now() - started) / 1000;
  try {
    const folder = await disks.folderFor(scenario);
    const args = ['replay', id, '--server', server, '--seed', String(seed), '--duration', WINDOW];
    const more = ['--format', 'json', '--quiet', ...(folder === undefined ? [] : ['--folder', folder])];
    const { code, stdout, stderr } = await runPerfcase([...args, ...more], {
      limitMs: LIMIT_MS,
      signal: stop.signal,
    });
    if (stdout === '') throw new Error(stderr.trim() || `exit code ${code}`);
    const played = JSON.parse(stdout) as PlayedJson;
    return { ...base, ...judgePlay(played, scenario.expect), seconds: seconds() };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
    return { ...base, failed: reason, ...nothing, seconds: seconds() };
  }
}

function lineOf({ id, server, seed, failed, missed, others, top, errors = {}, seconds }: PlayResult): string {
  const said =
    failed ??
    [
      ...(missed.length > 0 ? [`missed ${missed.join(', ')}`] : []),
      ...(others.length > 0 ? [`false ${others.join(', ')}`] : []),
      `top ${top ?? 'nothing'}`,
      ...Object.entries(errors).map(([part, error]) => `${part} met an error: ${error}`),
    ].join('; ');
  return `${id} on ${server}, seed ${seed}: ${said} (${seconds.toFixed(1)} s)`;
}
