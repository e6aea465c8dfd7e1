import { readFileSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EXIT, UserError } from '../../core/errors.ts';
import { runLocal } from '../../runners/local.ts';
import { formatOwner, isRunning, type Owner, ourselves, parseOwner } from '../owner.ts';
import { confine } from './cgroup.ts';

const PREFIX = 'perfcase-swap-';
/** Bringing back what was swapped out may take this long. */
const SWAPOFF_MS = 60_000;

/**
 * Gives a process so much memory, and a swap file for the rest: the other processes of the machine have their memory
 * as before and do not use it. What the process has already is not counted. @returns what ends it
 */
export async function limitMemory(
  pid: number,
  { mib, swapMib }: { readonly mib: number; readonly swapMib: number },
): Promise<() => Promise<void>> {
  await removeSwapFiles((owner) => !isRunning(owner));
  const path = join(tmpdir(), `${PREFIX}${formatOwner(ourselves())}`);
  const limit = String(mib * 1024 * 1024);
  let release: (() => Promise<void>) | undefined;
  const undo = async () => {
    await release?.();
    await drop(path);
  };
  try {
    await makeSwapFile(path, swapMib);
    release = await confine(pid, {
      controller: 'memory',
      v1: [
        ['memory.limit_in_bytes', limit],
        ['memory.swappiness', '100'],
      ],
      v2: [['memory.high', limit]],
    });
    return undo;
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Ends the swap files whose makers `wanted` picks. @returns their names */
export async function removeSwapFiles(wanted: (owner: Owner) => boolean): Promise<string[]> {
  const inUse = readFileSync('/proc/swaps', 'utf8')
    .split('\n')
    .flatMap((row) => row.split(/\s/, 1)[0] ?? []);
  const lying = (await readdir(tmpdir())).map((name) => join(tmpdir(), name));
  const removed: string[] = [];
  for (const path of new Set([...inUse, ...lying])) {
    const name = basename(path);
    const owner = name.startsWith(PREFIX) ? parseOwner(name.slice(PREFIX.length)) : undefined;
    if (owner === undefined || !wanted(owner)) continue;
    await drop(path);
    removed.push(name);
  }
  return removed;
}

async function makeSwapFile(path: string, mib: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    // A file with holes is refused (swapon(8)).
    const block = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < mib; i++) await file.write(block);
  } finally {
    await file.close();
  }
  for (const command of ['mkswap', 'swapon']) {
    const outcome = await runLocal({ file: command, args: [path], timeoutMs: 20_000, privilege: 'root' });
    if (outcome.status !== 'captured')
      throw new UserError(`no swap file can be used here: ${outcome.reason}.`, EXIT.inconclusive);
  }
}

async function drop(path: string): Promise<void> {
  if (readFileSync('/proc/swaps', 'utf8').includes(`${path} `))
    await runLocal({ file: 'swapoff', args: [path], timeoutMs: SWAPOFF_MS, privilege: 'root' });
  await rm(path, { force: true });
}
