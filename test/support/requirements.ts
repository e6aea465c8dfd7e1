import { accessSync, constants, existsSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import { describe, it } from 'vitest';

/**
 * What a test may need of the machine: one of the capabilities below, a Python module as "python:redis",
 * or the name of a program on PATH ("strace", "redis-server", "podman" …).
 */
export type Requirement = keyof typeof CAPABILITIES | `python:${string}` | (string & {});

/** Each answers with the reason why the machine does not offer it, or with nothing when it does. */
const CAPABILITIES = {
  root: () => (process.geteuid?.() === 0 ? undefined : 'root'),
  /** strace may attach to and read another process of ours. */
  ptrace: () => (runs('strace', ['-o', '/dev/null', 'true']) ? undefined : 'a strace that may trace'),
  /** Programs of our own on the kernel's tracepoints: `--tracer bpf`. */
  bpf: () => (process.geteuid?.() === 0 && kernelIsAtLeast(5, 8) ? undefined : 'root and Linux 5.8'),
  /** A network namespace can be made. */
  netns: () => (runs('unshare', ['--net', 'true']) ? undefined : 'the right to make network namespaces'),
  fuse: () => (existsSync('/dev/fuse') ? undefined : '/dev/fuse'),
  loop: () => (existsSync('/dev/loop-control') ? undefined : '/dev/loop-control'),
  /** Everything that `perfcase disk create` stands on. */
  'slow-disk': () => first(['root', 'fuse', 'loop', 'nbdfuse', 'losetup', 'mkfs.ext4']),
  /** The bundled CLI; `npm test` and `npm run test:e2e` build it before the tests. */
  dist: () => (existsSync('dist/perfcase.js') ? undefined : 'dist/ (run "npm run build")'),
} as const;

/** The distribution's Python, which has the modules that packages bring; another one may come first on PATH. */
export const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

const answers = new Map<string, string | undefined>();
const told = new Set<string>();

/** What of `needs` this machine lacks, in words; empty when everything is there. */
export function lacking(needs: readonly Requirement[]): string[] {
  return needs.map(lack).filter((reason) => reason !== undefined);
}

/**
 * A test that needs something of the machine. Where that is missing the test is skipped, its name says why and
 * the reason is printed; in CI (`CI` is set) it fails instead, because CI installs everything.
 */
export function itNeeds(
  needs: readonly Requirement[],
  name: string,
  body: () => unknown,
  timeoutMs?: number,
): void {
  const missing = lacking(needs);
  const options = timeoutMs === undefined ? {} : { timeout: timeoutMs };
  if (missing.length === 0) it(name, options, async () => void (await body()));
  else if (inCi()) it(name, () => refuse(name, missing));
  else it.skip(tell(name, missing), () => undefined);
}

/** The same for a whole block: its hooks do not run either when something is missing. */
export function describeNeeds(needs: readonly Requirement[], name: string, body: () => void): void {
  const missing = lacking(needs);
  if (missing.length === 0) describe(name, body);
  else if (inCi()) describe(name, () => it('has what it needs', () => refuse(name, missing)));
  else describe.skip(tell(name, missing), body);
}

function inCi(): boolean {
  const { CI } = process.env;
  return CI !== undefined && !['', '0', 'false'].includes(CI);
}

function refuse(name: string, missing: readonly string[]): never {
  throw new Error(`"${name}" needs ${missing.join(' and ')}, and in CI nothing may be skipped.`);
}

function tell(name: string, missing: readonly string[]): string {
  const why = `needs ${missing.join(' and ')}`;
  if (!told.has(`${name} ${why}`)) process.stderr.write(`skipped: ${name}: ${why}\n`);
  told.add(`${name} ${why}`);
  return `${name} (skipped: ${why})`;
}

function lack(need: Requirement): string | undefined {
  if (!answers.has(need)) answers.set(need, ask(need));
  return answers.get(need);
}

function ask(need: Requirement): string | undefined {
  if (Object.hasOwn(CAPABILITIES, need)) return CAPABILITIES[need as keyof typeof CAPABILITIES]();
  if (need.startsWith('python:')) {
    const module = need.slice('python:'.length);
    return runs(PYTHON, ['-c', `import ${module}`]) ? undefined : `Python's module ${module}`;
  }
  return whereIs(need) === undefined ? need : undefined;
}

function first(needs: readonly Requirement[]): string | undefined {
  return lacking(needs)[0];
}

/** The path of a program. Those of administrators live in sbin, which is not on every user's PATH. */
export function whereIs(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const paths = folders.map((folder) => join(folder, program));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function kernelIsAtLeast(major: number, minor: number): boolean {
  const [first = 0, second = 0] = release().split('.').map(Number);
  return first > major || (first === major && second >= minor);
}

function runs(file: string, args: readonly string[]): boolean {
  return !execaSync(file, [...args], { reject: false, timeout: 5000, stdio: 'ignore' }).failed;
}
