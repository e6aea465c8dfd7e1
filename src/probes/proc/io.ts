import type { Parsed } from '../../core/capture.ts';
import type { ProcIoObservation } from '../../core/observation.ts';
import { Notes } from '../text/notes.ts';
import { whole } from '../text/values.ts';
import { keyValues, seen } from './key-values.ts';

/*
 * /proc/PID/io, counters since the process began: https://man7.org/linux/man-pages/man5/proc_pid_io.5.html
 *
 *   rchar: 323934931
 *   wchar: 323929600
 *   syscr: 632687
 *   syscw: 632675
 *   read_bytes: 0
 *   write_bytes: 323932160
 *   cancelled_write_bytes: 0
 */

const FIELDS = {
  rchar: 'readChars',
  wchar: 'writeChars',
  syscr: 'readCalls',
  syscw: 'writeCalls',
  read_bytes: 'readBytes',
  write_bytes: 'writeBytes',
  cancelled_write_bytes: 'cancelledWriteBytes',
} as const;

/** One observation, at the line of its first counter; none for an empty file. */
export function parseProcIo(text: string): Parsed<ProcIoObservation> {
  const notes = new Notes();
  const counters: Partial<Record<(typeof FIELDS)[keyof typeof FIELDS], number>> = {};
  let first: { line: number; text: string } | undefined;
  for (const { key, value, line } of keyValues(text)) {
    if (!Object.hasOwn(FIELDS, key)) continue;
    const count = whole(value);
    if (count === undefined) notes.add(line, `${key} is no count`);
    else counters[FIELDS[key as keyof typeof FIELDS]] = count;
    if (count !== undefined) first ??= seen(line);
  }
  return { items: first ? [{ kind: 'proc-io', ...first, ...counters }] : [], problems: notes.done() };
}
