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
import { runUnit, type UnitRequest, type UnitResult } from './suites/unit.ts';
import { type LeftOut, OWN_SERVER_UNITS, UNITS, WITHOUT_TAGS } from './suites/units.ts';

interface Options {
  readonly unit: readonly string[];
  readonly only: readonly string[];
  readonly source: string | undefined;
  readonly cli: string;
  readonly mode: 'external' | 'own' | 'both';
  readonly limitSeconds: number;
  readonly stuckSeconds: number;
  readonly verbose: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      unit: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true, default: [] },
      source: { type: 'string' },
      cli: { type: 'string', default: 'dist/perfcase.js' },
      // external: against a server that runs already; own: files that start servers themselves; else both.
      mode: { type: 'string', default: 'both' },
      limit: { type: 'string', default: '300' },
      stuck: { type: 'string', default: '60' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const { unit, only, source, cli, mode, verbose } = values;
  if (mode !== 'external' && mode !== 'own' && mode !== 'both')
    throw new Error('--mode is external, own or both');
  const [limitSeconds, stuckSeconds] = [Number(values.limit), Number(values.stuck)];
  if (!(limitSeconds > 0 && stuckSeconds > 0)) throw new Error('--limit and --stuck are seconds above 0');
  return { unit, only, source, cli, mode, limitSeconds, stuckSeconds, verbose };
}

interface Run {
  readonly unit: string;
  readonly external: boolean;
}

function runsOf({ unit: asked, mode }: Options): Run[] {
  const external = mode === 'own' ? [] : UNITS.map((unit) => ({ unit, external: true }));
  const own = mode === 'external' ? [] : OWN_SERVER_UNITS.map((unit) => ({ unit, external: false }));
  const all = [...external, ...own];
  for (const unit of asked) {
    if (!all.some((one) => one.unit === unit)) throw new Error(`no such unit here: ${unit}`);
  }
  return asked.length === 0 ? all : all.filter((one) => asked.includes(one.unit));
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const scratch = await mkdtemp(path.join(tmpdir(), 'perfcase-suites-'));
try {
  const options = readOptions();
  const runs = runsOf(options);
  await promisify(execFile)('tclsh', ['/dev/null']).catch(() => {
    throw new Error('tclsh is missing; install it with: apt-get install tcl');
  });
  const folder = options.source === undefined ? await fetchSource(scratch) : path.resolve(options.source);
  await prepareSuite(folder, options.cli);
  const verdicts = await runAll(folder, runs, options);
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

async function runAll(folder: string, runs: readonly Run[], options: Options): Promise<Verdict[]> {
  const known = await data<readonly Known[]>('known.json');
  const leftOut = await data<readonly LeftOut[]>('left-out.json');
  const verdicts: Verdict[] = [];
  for (const { unit, external } of runs) {
    if (interrupted.signal.aborted) break;
    // What the suite itself leaves out of a unit cannot be looked for.
    const skip = leftOut.flatMap(({ tests }) => tests[unit] ?? []);
    const request = {
      folder,
      unit,
      only: options.only,
      limitSeconds: options.limitSeconds,
      stuckSeconds: options.stuckSeconds,
      skip,
      signal: interrupted.signal,
      withoutTags: WITHOUT_TAGS,
      ...(options.verbose && { onOutput: (text: string) => void process.stdout.write(text) }),
    };
    const result = external
      ? await runExternal(request, options.cli)
      : { ...(await runUnit({ ...request, port: undefined })), unit: `${unit} (own servers)` };
    const all = options.only.length === 0 && !(external && OWN_SERVER_UNITS.includes(unit));
    const verdict = judge(result, known, all ? skip : []);
    verdicts.push(verdict);
    const failed = verdict.known.length + verdict.unexplained.length;
    process.stdout.write(
      `${result.unit}: ${verdict.passed} passed, ${failed} failed, ${verdict.skipped} skipped\n`,
    );
  }
  return verdicts;
}

/** Against a server of its own for each file, so that what one leaves behind does not spoil the next. */
async function runExternal(request: Omit<UnitRequest, 'port'>, cli: string): Promise<UnitResult> {
  const server = await startServer(cli, []);
  try {
    const result = await runUnit({ ...request, port: server.port });
    const defect = server.log().match(/^.*internal error.*$/m)?.[0];
    if (server.died()) return { ...result, brokenOff: `the server ended: ${server.log().trim()}` };
    return defect === undefined ? result : { ...result, brokenOff: defect };
  } finally {
    await server.stop();
  }
}
