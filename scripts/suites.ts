// Runs the test suite of redis 7.0 against the bundled server and prints, file by file, what passed, failed and was
// skipped. The suite is not part of this repository: apt fetches it into a folder that is removed afterwards.
//   npm run suites -- [--unit unit/type/list]... [--only NAME]... [--source FOLDER] [--cli dist/perfcase.js]
//                     [--limit SECONDS] [--stuck SECONDS] [--verbose]
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { judge, type Known, renderTable, succeeded, type Verdict } from './suites/report.ts';
import { startServer } from './suites/server.ts';
import { fetchSource, prepareSuite } from './suites/source.ts';
import { runUnit } from './suites/unit.ts';
import { type LeftOut, UNITS, WITHOUT_TAGS } from './suites/units.ts';

const { values } = parseArgs({
  options: {
    unit: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    source: { type: 'string' },
    cli: { type: 'string', default: 'dist/perfcase.js' },
    limit: { type: 'string', default: '300' },
    stuck: { type: 'string', default: '60' },
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
  await prepareSuite(folder);
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
  const leftOut = await data<readonly LeftOut[]>('left-out.json');
  const verdicts: Verdict[] = [];
  for (const unit of values.unit.length > 0 ? values.unit : UNITS) {
    if (interrupted.signal.aborted) break;
    // A server of its own for each file, so that what one leaves behind does not spoil the next.
    const server = await startServer(values.cli, []);
    try {
      const result = await runUnit({
        folder,
        unit,
        port: server.port,
        limitSeconds: Number(values.limit),
        stuckSeconds: Number(values.stuck),
        signal: interrupted.signal,
        withoutTags: WITHOUT_TAGS,
        only: values.only,
        skip: leftOut.flatMap(({ tests }) => tests[unit] ?? []),
        ...(values.verbose && { onOutput: (text: string) => process.stdout.write(text) }),
      });
      const brokenOff = server.died() ? `the server ended: ${server.log().trim()}` : result.brokenOff;
      const verdict = judge({ ...result, brokenOff }, known);
      verdicts.push(verdict);
      const failed = verdict.known.length + verdict.unexplained.length;
      process.stdout.write(
        `${unit}: ${verdict.passed} passed, ${failed} failed, ${verdict.skipped} skipped\n`,
      );
      const defects = server.log().match(/^.*internal error.*$/gm) ?? [];
      for (const line of new Set(defects)) process.stdout.write(`  ${line}\n`);
    } finally {
      await server.stop();
    }
  }
  return verdicts;
}
