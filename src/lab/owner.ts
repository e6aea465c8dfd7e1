import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number. */
export interface Owner {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot (proc_pid_stat(5)). */
  readonly startTicks: number;
}

/** Start time of a live process; undefined when there is none with this number, or only its zombie. */
export function startTicksOf(pid: number): number | undefined {
  try {
    // The name in parentheses may hold anything, also ") "; the fields after it do not.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}

export function ourselves(): Owner {
  return { pid: process.pid, startTicks: startTicksOf(process.pid) ?? 0 };
}

export function isRunning(owner: Owner): boolean {
  return startTicksOf(owner.pid) === owner.startTicks;
}

export function isOurs(owner: Owner): boolean {
  return owner.pid === process.pid && isRunning(owner);
}

/** "123-4567", for names and arguments. */
export function formatOwner(owner: Owner): string {
  return `${owner.pid}-${owner.startTicks}`;
}

export function parseOwner(text: string): Owner | undefined {
  const match = /^(\d+)-(\d+)$/.exec(text);
  return match ? { pid: Number(match[1]), startTicks: Number(match[2]) } : undefined;
}
