import type { ToolRun } from '../tool-window.ts';

/** What it says of a limit of its own, and goes on. */
const HARMLESS = /RLIMIT_MEMLOCK|deprecated|^\s*~*\s*$/i;

/** Why bpftrace did not watch, in one line. */
export function refusalOf(end: ToolRun['end'], said: string): string {
  if (end === 'not-installed') return 'bpftrace is not installed; apt-get install bpftrace brings it';
  if (end === 'not-ready') return 'bpftrace was not attached in time; the machine may be too busy';
  if (/running as (?:the )?root|must be superuser|permission denied|operation not permitted/i.test(said)) {
    return 'bpftrace may not load programs; run as root';
  }
  if (/tracepoint not found|no probes to attach/i.test(said)) {
    return 'bpftrace finds no tracepoints for system calls on this kernel';
  }
  const lines = said.split('\n').filter((line) => !HARMLESS.test(line));
  const error = lines.find((line) => /\b(?:ERROR|FATAL|error):/.test(line)) ?? lines.at(-1);
  return `bpftrace ended at once${error === undefined ? '' : `: ${error.trim().slice(0, 160)}`}`;
}
