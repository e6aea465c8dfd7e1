import type { Parsed } from '../../core/capture.ts';
import type { ProcStatObservation } from '../../core/observation.ts';
import { isDecoration, type Line, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present, whole } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/PID/stat and /proc/PID/task/TID/stat: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 *
 *   9085 (redis-server) S 9060 9085 9060 0 -1 4194560 2510 0 0 0 211 187 0 0 20 0 4 0 95040 29032448 2440 …
 *
 * The name may hold spaces and brackets, so it ends at the last one. Field numbers below are the manual's.
 */

export interface StatOptions {
  /**
   * Does the kernel count waiting for block I/O (sysctl kernel.task_delayacct)? Where it does not, the field says 0,
   * which would look like a reading. Unknown counts as yes.
   */
  readonly delayAccounting?: boolean;
}

/** One observation a line. Times are in clock ticks, 100 a second on every Linux that Node runs on. */
export function parseProcStat(text: string, options: StatOptions = {}): Parsed<ProcStatObservation> {
  const items: ProcStatObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const item = readLine(line, options);
    if (item) items.push(item);
    else notes.add(line, 'not the line of a process');
  }
  return { items, problems: notes.done() };
}

function readLine(line: Line, { delayAccounting = true }: StatOptions): ProcStatObservation | undefined {
  const open = line.text.indexOf(' (');
  const close = line.text.lastIndexOf(') ');
  if (open < 1 || close < open) return undefined;
  const words = line.text.slice(close + 2).split(' ');
  const field = (number: number) => words[number - 3];
  const pid = whole(line.text.slice(0, open));
  const state = field(3);
  const [parentPid, userTicks, systemTicks] = [whole(field(4)), whole(field(14)), whole(field(15))];
  const [threads, startTicks] = [whole(field(20)), whole(field(22))];
  if (pid === undefined || !state || parentPid === undefined || userTicks === undefined) return undefined;
  if (systemTicks === undefined || threads === undefined || startTicks === undefined) return undefined;
  return {
    kind: 'proc-stat',
    ...seen(line),
    pid,
    comm: line.text.slice(open + 2, close),
    state,
    parentPid,
    userTicks,
    systemTicks,
    threads,
    startTicks,
    ...present({
      blockIoTicks: delayAccounting ? whole(field(42)) : undefined,
      minorFaults: whole(field(10)),
    }),
  };
}
