import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * What reading a file under /proc came to. "absent": there is no such process any more, or this kernel does not
 * have the file. Reads are synchronous: the kernel makes the text up in a few microseconds without waiting.
 */
export type ProcRead =
  | { readonly status: 'captured'; readonly path: string; readonly text: string }
  | { readonly status: 'absent' | 'denied' | 'failed'; readonly path: string; readonly reason: string };

export const PROC_ROOT = '/proc';

/** Reads a file by its path below /proc, for example "9085/io"; of any place with the root ''. Never throws. */
export function readProc(path: string, root = PROC_ROOT): ProcRead {
  return attempt(path, root, (full) => readFileSync(full, 'utf8'));
}

/**
 * Descriptors of a process, in the shape of `ls -l /proc/PID/fd` cut to what matters, one a line:
 * "l-wx------ 7 -> /data/appendonly.aof". A descriptor that is closed meanwhile is left out.
 */
export function readDescriptors(pid: number, root = PROC_ROOT): ProcRead {
  return attempt(`${pid}/fd`, root, (directory) => {
    const lines: string[] = [];
    for (const fd of readdirSync(directory)
      .map(Number)
      .sort((a, b) => a - b)) {
      try {
        const link = `${directory}/${fd}`;
        // The link's own permissions are the descriptor's access: 0500 to read, 0300 to write.
        const mode = lstatSync(link).mode;
        const access = `l${mode & 0o400 ? 'r' : '-'}${mode & 0o200 ? 'w' : '-'}x------`;
        lines.push(`${access} ${fd} -> ${readlinkSync(link).replaceAll('\n', '\\n')}\n`);
      } catch (error) {
        if (statusOf(error) !== 'absent') throw error;
      }
    }
    return lines.join('');
  });
}

/** Thread ids of a process, ascending; undefined when it is gone or may not be looked at. */
export function listThreads(pid: number, root = PROC_ROOT): number[] | undefined {
  return numbered(`${root}/${pid}/task`);
}

/** Process ids that are visible here, ascending. */
export function listProcesses(root = PROC_ROOT): number[] {
  return numbered(root) ?? [];
}

/** Network namespace of a process, for example "4026532262"; undefined when it may not be looked at. */
export function networkNamespace(pid: number | 'self', root = PROC_ROOT): string | undefined {
  try {
    return /\[(\d+)\]/.exec(readlinkSync(`${root}/${pid}/ns/net`))?.[1];
  } catch {
    return undefined;
  }
}

function numbered(directory: string): number[] | undefined {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return undefined;
  }
}

function attempt(path: string, root: string, read: (full: string) => string): ProcRead {
  const place = root === '' ? path : `${root}/${path}`;
  try {
    return { status: 'captured', path, text: read(place) };
  } catch (error) {
    const status = statusOf(error);
    const detail = error instanceof Error ? error.message.split(',', 1)[0] : String(error);
    return { status, path, reason: `${place} could not be read (${detail})` };
  }
}

function statusOf(error: unknown): 'absent' | 'denied' | 'failed' {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT': // no such process or file
    case 'ESRCH': // the process ended between opening and reading
    case 'EOPNOTSUPP': // pressure on a kernel started with psi=0
      return 'absent';
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    default:
      return 'failed';
  }
}
