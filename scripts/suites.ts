// Runs the test suite of redis 7.0 against the bundled server and prints, file by file, what passed, failed and was
// skipped. The suite is not part of this repository: apt fetches it into a folder that is removed afterwards.
//   npm run suites -- [--unit unit/type/list]... [--only NAME]... [--source FOLDER] [--cli dist/perfcase.js]
//                     [--mode external|own] [--limit SECONDS] [--stuck SECONDS] [--verbose]
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { judge, type Known, renderTable, succeeded, type Verdict } from './suites/report.ts';
import { startServer } from './suites/server.ts';
import { fetchSource, prepareSuite } from './suites/source.ts';
import { runUnit, type UnitRequest } from './suites/unit.ts';
import { type LeftOut, OWN_SERVER_UNITS, UNITS, WITHOUT_TAGS } from './suites/units.ts';

const { values } = parseArgs({
  options: {
    unit: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    source: { type: 'string' },
    cli: { type: 'string', default: 'dist/perfcase.js' },
    limit: { type: 'string', default: '300' },
    stuck: { type: 'string', default: '60' },
    // external: against a server that runs already; own: files that start servers themselves; else both.
    mode: { type: 'string', default: 'both' },
    verbose: { type: 'boolean', default: false },
  },
});

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const scratch = await mkdtemp(path.join(tmpdir(), 'perfcase-suites-'));
try {
  await promisify(execFile)('tclsh', ['/dev/null']).catch(() => {
    throw new Error('tclsh is missing; install it with: apt-get install tcl');
  });
  const folder = values.source === undefined ? await fetchSource(scratch) : path.resolve(values.source);
  await prepareSuite(folder, values.cli);
  const verdicts = await runAll(folder);
  process.stdout.write(`\n${renderTable(verdicts)}\n`);
  if (interrupted.signal.aborted || !verdicts.every(succeeded)) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`suites: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function data<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`./suites/${name}`, import.meta.url), 'utf8')) as T;
}

async function runAll(folder: string): Promise<Verdict[]> {
  const known = await data<readonly Known[]>('known.json');
  const verdicts: Verdict[] = [];
  const wanted = (units: readonly string[]) =>
    values.unit.length === 0 ? units : units.filter((unit) => values.unit.includes(unit));
  const runs = [
    ...(values.mode === 'own' ? [] : wanted(UNITS).map((unit) => ({ unit, external: true }))),
    ...(values.mode === 'external'
      ? []
      : wanted(OWN_SERVER_UNITS).map((unit) => ({ unit, external: false }))),
  ];
  for (const { unit, external } of runs) {
    if (interrupted.signal.aborted) break;
    const { result, defects } = external ? await runExternal(folder, unit) : await runOwn(folder, unit);
    const verdict = judge(external ? result : { ...result, unit: `${unit} (own servers)` }, known);
    verdicts.push(verdict);
    const failed = verdict.known.length + verdict.unexplained.length;
    const counts = `${verdict.passed} passed, ${failed} failed, ${verdict.skipped} skipped`;
    process.stdout.write(`${verdict.unit.unit}: ${counts}\n`);
    for (const line of defects) process.stdout.write(`  ${line}\n`);
  }
  return verdicts;
}

/** Against a server of its own for each file, so that what one leaves behind does not spoil the next. */
async function runExternal(folder: string, unit: string) {
  const server = await startServer(values.cli, []);
  try {
    const result = await runUnit({ ...(await request(folder, unit)), port: server.port });
    const defects = new Set(server.log().match(/^.*internal error.*$/gm));
    if (!server.died()) return { result, defects };
    return { result: { ...result, brokenOff: `the server ended: ${server.log().trim()}` }, defects };
  } finally {
    await server.stop();
  }
}

/** With servers that the unit starts and ends itself. */
async function runOwn(folder: string, unit: string) {
  return {
    result: await runUnit({ ...(await request(folder, unit)), port: undefined }),
    defects: new Set<string>(),
  };
}

async function request(folder: string, unit: string): Promise<Omit<UnitRequest, 'port'>> {
  const leftOut = await data<readonly LeftOut[]>('left-out.json');
  return {
    folder,
    unit,
    limitSeconds: Number(values.limit),
    stuckSeconds: Number(values.stuck),
    signal: interrupted.signal,
    withoutTags: WITHOUT_TAGS,
    only: values.only,
    skip: leftOut.flatMap(({ tests }) => tests[unit] ?? []),
    ...(values.verbose && { onOutput: (text: string) => process.stdout.write(text) }),
  };
}
