import type { ToolRun } from '../tool-window.ts';

/** Why perf did not record, in one line. */
export function refusalOf(end: ToolRun['end'], said: string): string {
  if (end === 'not-installed') return 'perf is not installed; apt-get install linux-perf brings it';
  if (/perf_event_paranoid|permission|not permitted|Access to performance/i.test(said)) {
    return 'perf may not read the tracepoints of system calls; run as root, or with CAP_PERFMON';
  }
  if (/not found for kernel|linux-tools/i.test(said)) {
    return 'perf is not installed for this kernel; its package is linux-perf, or linux-tools for the running kernel';
  }
  if (/unknown tracepoint|invalid or unsupported event|can't access trace events/i.test(said)) {
    return 'perf finds no tracepoints for system calls on this kernel';
  }
  if (/too many open files|mmap/i.test(said)) {
    return 'perf needs a descriptor and a buffer for each thread and CPU, and there were not enough';
  }
  if (end === 'not-ready') return 'perf was not attached in time; the machine may be too busy';
  const line = said
    .split('\n')
    .map((each) => each.trim())
    .find((each) => each !== '' && !each.startsWith('[ perf record'));
  return `perf recorded nothing${line === undefined ? '' : `: ${line.slice(0, 160)}`}`;
}
