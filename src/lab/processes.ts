import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type Owner, startTicksOf } from './owner.ts';

const TERM_MS = 3000;
const KILL_MS = 2000;

/**
 * Live processes that run one of `programs` with an argument that is one of `paths`, or "key=" and such a path.
 * The paths are ones that only we have made up, so a hit is ours whoever started it.
 */
export function processesOf(programs: readonly string[], paths: readonly string[]): Owner[] {
  const wanted = new Set(paths);
  return livePids().flatMap((pid) => {
    const startTicks = startTicksOf(pid);
    const [program, ...args] = readArguments(pid);
    if (startTicks === undefined || program === undefined || !programs.includes(basename(program))) return [];
    const hit = args.some((arg) => wanted.has(arg) || wanted.has(arg.slice(arg.indexOf('=') + 1)));
    return hit ? [{ pid, startTicks }] : [];
  });
}

/** Live processes that run one of `programs` with an argument that is a path below `folder`, which only we have made up. */
export function processesBelow(
  programs: readonly string[],
  folder: string,
): (Owner & { readonly path: string })[] {
  return livePids().flatMap((pid) => {
    const startTicks = startTicksOf(pid);
    const [program, ...args] = readArguments(pid);
    if (startTicks === undefined || program === undefined || !programs.includes(basename(program))) return [];
    const path = args.find((arg) => arg.startsWith(`${folder}/`));
    return path === undefined ? [] : [{ pid, startTicks, path }];
  });
}

/** Live processes with that entry in their environment, which only we have made up; whoever they start inherits it. */
export function processesWithEnv(name: string, value: string): (Owner & { readonly comm: string })[] {
  return livePids().flatMap((pid) => {
    const startTicks = startTicksOf(pid);
    if (startTicks === undefined || !read(`/proc/${pid}/environ`).split('\0').includes(`${name}=${value}`))
      return [];
    return [{ pid, startTicks, comm: read(`/proc/${pid}/comm`).trim() }];
  });
}

/** Live processes that a process has started. */
export function childrenOf(parent: number): Owner[] {
  return livePids().flatMap((pid) => {
    const startTicks = startTicksOf(pid);
    return startTicks !== undefined && parentOf(pid) === parent ? [{ pid, startTicks }] : [];
  });
}

/** Processes with their working folder, root, program or an open file below `folder`: "redis-server (pid 123)". */
export function holdersOf(folder: string): string[] {
  const isInside = (path: string | undefined) => path === folder || path?.startsWith(`${folder}/`) === true;
  return livePids().flatMap((pid) => {
    const links = ['cwd', 'root', 'exe', ...list(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`)];
    if (!links.some((link) => isInside(readLink(`/proc/${pid}/${link}`)))) return [];
    return [`${read(`/proc/${pid}/comm`).trim() || 'a process'} (pid ${pid})`];
  });
}

/** Live processes in the network namespace that a file stands for, by the namespace's inode. */
export function processesInNetns(inode: number): Owner[] {
  return livePids().flatMap((pid) => {
    if (readLink(`/proc/${pid}/ns/net`) !== `net:[${inode}]`) return [];
    const startTicks = startTicksOf(pid);
    return startTicks === undefined ? [] : [{ pid, startTicks }];
  });
}

/** For what does not listen: the first process of a container hears only signals that it asked for. */
export async function killProcess(target: Owner): Promise<boolean> {
  return signalUntilGone(target, 'SIGKILL', KILL_MS);
}

/** Asks a process to end, insists after 3 s, and says whether it is gone. */
export async function endProcess(target: Owner): Promise<boolean> {
  return (await signalUntilGone(target, 'SIGTERM', TERM_MS)) || killProcess(target);
}

async function signalUntilGone(target: Owner, signal: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  if (!isRunning(target)) return true;
  try {
    process.kill(target.pid, signal);
  } catch {
    // It has ended in this moment, or is not ours to end; the answer below tells.
  }
  const until = performance.now() + patienceMs;
  while (isRunning(target) && performance.now() < until) await sleep(10);
  return !isRunning(target);
}

function livePids(): number[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Field 4 of /proc/PID/stat (proc_pid_stat(5)). */
function parentOf(pid: number): number {
  return Number(
    read(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[1],
  );
}

function readArguments(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
