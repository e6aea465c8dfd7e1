import { spawn } from 'node:child_process';

export type Outcome = 'passed' | 'failed' | 'skipped';

/** One test of a unit. For those that a whole block left out, the suite says the reason in place of the name. */
export interface TestResult {
  readonly name: string;
  readonly outcome: Outcome;
  /** What the suite said about a failure. */
  readonly detail: string;
}

export interface UnitResult {
  readonly unit: string;
  readonly tests: readonly TestResult[];
  readonly seconds: number;
  /** Why the unit did not come to its end; undefined when it did. */
  readonly brokenOff: string | undefined;
}

export interface UnitRequest {
  readonly folder: string;
  readonly unit: string;
  /** The server to judge; undefined: the unit starts servers of its own, see `prepareSuite`. */
  readonly port: number | undefined;
  readonly limitSeconds: number;
  /** A single test that takes longer than this is stuck, and with it the unit. */
  readonly stuckSeconds: number;
  readonly onOutput?: (text: string) => void;
  readonly signal: AbortSignal;
  /** Tests with one of these tags are left out. */
  readonly withoutTags: readonly string[];
  /** Tests of these names are left out. */
  readonly skip: readonly string[];
  /** Only tests of these names. */
  readonly only: readonly string[];
}

const LINE = /^\[(ok|err|skip|ignore|exception)\]: (.*)$/;

/**
 * Runs one file of the suite against a server on 127.0.0.1. Its processes are gone afterwards, whatever happens.
 * On a busy machine the suite itself sometimes does not get off the ground; then it is started once more.
 */
export async function runUnit(request: UnitRequest): Promise<UnitResult> {
  const result = await runOnce(request);
  const notStarted = result.brokenOff !== undefined && result.tests.length === 0;
  return notStarted && !request.signal.aborted ? runOnce(request) : result;
}

async function runOnce(request: UnitRequest): Promise<UnitResult> {
  const { unit, port, withoutTags, only } = request;
  const args = ['tests/test_helper.tcl', '--single', unit, '--clients', '1'];
  // Ports for the suite itself and for servers it starts; two runs at once shall not meet.
  const base = 11_000 + 500 * Math.floor(Math.random() * 20);
  args.push('--baseport', String(base), '--portcount', '450');
  if (port !== undefined) args.push('--host', '127.0.0.1', '--port', String(port));
  args.push('--durable', '--dont-clean', '--timeout', String(request.stuckSeconds));
  if (withoutTags.length > 0) args.push('--tags', withoutTags.map((tag) => `-${tag}`).join(' '));
  for (const name of request.skip) args.push('--skiptest', name);
  for (const name of only) args.push('--only', name);
  const started = performance.now();
  // A process group of its own: the suite starts a second tclsh and leaves it behind when it is killed.
  const child = spawn('tclsh', args, {
    cwd: request.folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const take = (chunk: Buffer) => {
    const text = chunk.toString('latin1');
    output += text;
    request.onOutput?.(text);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  let killed: string | undefined;
  const kill = (why: string) => {
    killed ??= why;
    endGroup(child.pid);
  };
  const onAbort = () => kill('interrupted');
  request.signal.addEventListener('abort', onAbort, { once: true });
  const limit = setTimeout(
    () => kill(`not ended after ${request.limitSeconds} s`),
    request.limitSeconds * 1000,
  );
  const code = await new Promise<number | null>((settle, fail) => {
    child.once('error', fail);
    child.once('close', (status) => settle(status));
  });
  clearTimeout(limit);
  request.signal.removeEventListener('abort', onAbort);
  endGroup(child.pid);
  const tests = readOutput(output);
  const brokenOff = killed ?? whyBroken(output, code);
  return { unit, tests, seconds: (performance.now() - started) / 1000, brokenOff };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody of the group is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function whyBroken(output: string, code: number | null): string | undefined {
  const stuck = /=> \(IN PROGRESS\) (.*)$/m.exec(plain(output))?.[1];
  if (stuck !== undefined) return `stuck in the test "${stuck}"`;
  if (output.includes('The End')) return undefined;
  const exception = /^\[exception\]: (.*)$/m.exec(plain(output))?.[1];
  // An error of Tcl: its message comes before the first "while executing".
  const lines = plain(output).trim().split('\n');
  const where = lines.findIndex((line) => line.trim() === 'while executing');
  return exception ?? `ended with code ${code}: ${lines.at(where > 0 ? where - 1 : -1)}`;
}

function plain(output: string): string {
  return output.replace(/\x1b\[[\d;]*m/g, '');
}

/** Reads what the suite prints while it runs. The lines of a failure go on until the next line in brackets. */
export function readOutput(output: string): TestResult[] {
  const tests: { name: string; outcome: Outcome; detail: string }[] = [];
  let failed: { detail: string } | undefined;
  for (const line of plain(output).split('\n')) {
    if (line.includes('The End')) break;
    const match = LINE.exec(line);
    if (!match) {
      if (failed && line !== '' && !line.startsWith('[')) failed.detail += `${failed.detail && '\n'}${line}`;
      else if (line.startsWith('[')) failed = undefined;
      continue;
    }
    failed = undefined;
    const [, kind, text = ''] = match;
    if (kind === 'ok') {
      tests.push({ name: text.replace(/ \(\d+ ms\)$/, ''), outcome: 'passed', detail: '' });
    } else if (kind === 'skip' || kind === 'ignore') {
      tests.push({ name: text, outcome: 'skipped', detail: '' });
    } else {
      const one = { name: text.replace(/ in tests\/\S+\.tcl$/, ''), outcome: 'failed' as const, detail: '' };
      tests.push(one);
      failed = one;
    }
  }
  return tests;
}
