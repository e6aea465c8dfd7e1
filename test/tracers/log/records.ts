import { parseStrace } from '../../../src/probes/strace.ts';
import { watchedCalls } from '../../../src/tracers/log/calls.ts';
import { type OpenCall, writeLog } from '../../../src/tracers/log/log-text.ts';
import { RecordStore } from '../../../src/tracers/log/record-store.ts';

export const X64 = watchedCalls('x64');

export const emptyStore = (maxRecords = 1_000_000): RecordStore => new RecordStore(64 << 20, maxRecords);

/** What a tracer read, as the log that is made of it. */
export function logOf(store: RecordStore, open: readonly OpenCall[] = []): string {
  return writeLog(store, { calls: X64, epochOffsetUs: 1_700_000_000_000_000, open, maxBytes: 1 << 30 }).text;
}

/** The same, as the calls that are read out of the log. @throws when a line cannot be read */
export function callsOf(log: string) {
  const { items, problems } = parseStrace(log);
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  return items.filter((item) => item.kind === 'syscall');
}
