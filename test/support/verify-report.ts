import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../src/core/finding.ts';

/** A finding whose fix is a setting, as diagnose reports it. */
export const FSYNC_FINDING: Finding = {
  id: 'fsync-per-write',
  severity: 'critical',
  confidence: 0.95,
  title: 'Each write waits until the append-only log is on the disk',
  why: 'because',
  measures: {},
  evidence: [{ source: 'strace', line: 1, text: 'fdatasync(7) = 0 <0.007112>' }],
  fix: { summary: 'Sync once a second.', command: 'CONFIG SET appendfsync everysec', cost: 'one second' },
  prediction: { metric: 'command milliseconds', before: 8, after: 0.1, low: 0.05, high: 0.3 },
};

/** Writes a report of diagnose with this finding, for --report: no test has to wait for a diagnosis. */
export async function reportFile(dir: string, finding: Finding = FSYNC_FINDING): Promise<string> {
  const path = join(dir, 'report.json');
  await writeFile(path, JSON.stringify({ schema: 'perfcase.report/1', findings: [finding] }));
  return path;
}
