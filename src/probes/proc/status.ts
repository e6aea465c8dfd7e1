import type { Parsed } from '../../core/capture.ts';
import type { ProcStatusObservation } from '../../core/observation.ts';
import { present, whole } from '../text/values.ts';
import { keyValues, seen } from './key-values.ts';

/*
 * /proc/PID/status: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 *
 *   Name:	redis-server
 *   State:	S (sleeping)
 *   Tgid:	9085
 *   TracerPid:	0
 *   Uid:	100	100	100	100        (real, effective, saved, filesystem)
 *   NSpid:	9085	1
 *   VmRSS:	    9760 kB
 *   Threads:	4
 *   Cpus_allowed_list:	0-1
 *   THP_enabled:	1
 *   voluntary_ctxt_switches:	1540
 */

/** One observation, at its first line; none for a text without any known field. */
export function parseProcStatus(text: string): Parsed<ProcStatusObservation> {
  const values = new Map<string, string>();
  let first: { line: number; text: string } | undefined;
  for (const { key, value, line } of keyValues(text)) {
    values.set(key, value);
    first ??= seen(line);
  }
  const nsPids = values.get('NSpid')?.split(/\s+/).map(whole);
  const fields = present({
    name: values.get('Name'),
    pid: whole(values.get('Pid')),
    tgid: whole(values.get('Tgid')),
    parentPid: whole(values.get('PPid')),
    state: values.get('State')?.slice(0, 1),
    tracerPid: whole(values.get('TracerPid')),
    threads: whole(values.get('Threads')),
    uid: whole(values.get('Uid')?.split(/\s+/)[1]),
    nsPids: nsPids?.every((pid) => pid !== undefined) ? nsPids : undefined,
    rssKib: kib(values.get('VmRSS')),
    swapKib: kib(values.get('VmSwap')),
    voluntarySwitches: whole(values.get('voluntary_ctxt_switches')),
    involuntarySwitches: whole(values.get('nonvoluntary_ctxt_switches')),
    cpusAllowed: values.get('Cpus_allowed_list'),
    hugePages: { 0: false, 1: true }[values.get('THP_enabled') ?? ''],
  });
  const known = first !== undefined && Object.keys(fields).length > 0;
  return { items: known ? [{ kind: 'proc-status', ...first!, ...fields }] : [], problems: [] };
}

function kib(value: string | undefined): number | undefined {
  return whole(/^(\d+) kB$/.exec(value ?? '')?.[1]);
}
