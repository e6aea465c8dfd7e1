import type { Evidence, Verdict } from '../core/finding.ts';
import { formatMs, formatShare, significant } from '../core/units.ts';
import { commandCounts, writesIn } from './command-counts.ts';
import { evidenceOf, type Facts } from './facts.ts';
import { clear, found, insufficient } from './rule.ts';
import { busiestDisk } from './rules/disk-saturated.ts';

/** Fewer writes a second are not what makes a server slow. */
const WRITES_PER_SEC = 5;
/** Part of the time that the writes took at least. */
const SHARE_THAT_MATTERS = 0.1;

/**
 * `fsync-per-write` where nobody saw the system calls: the server's own setting, its own counters, and what a write
 * takes on the busiest disk. A sync is one write of the device at least, and the thread that answers waits for it.
 */
export function judgeUnseenSyncs(facts: Facts, missing: string): Verdict {
  const policy = settingOf(facts, 'appendfsync');
  const isOn = settingOf(facts, 'appendonly')?.value === 'yes';
  if (policy?.value !== 'always' || !isOn) return insufficient(missing);
  const counts = commandCounts(facts);
  const disk = busiestDisk(facts);
  const { writeAwaitMs, writesPerSec: diskWrites } = disk?.item ?? {};
  if (!counts || !disk || writeAwaitMs === undefined || diskWrites === undefined) {
    return insufficient(`${missing}; appendfsync is "always", but what that costs was not measured`);
  }
  const writes = writesIn(counts) / counts.seconds;
  // One sync may serve several writes, but none takes less than one write of the device.
  const atLeast = (Math.min(writes, diskWrites) * writeAwaitMs) / 1000;
  const said = `${significant(writes)} writing commands a second, and ${disk.item.device} takes ${formatMs(writeAwaitMs)} for a write`;
  if (writes < WRITES_PER_SEC || atLeast < SHARE_THAT_MATTERS) {
    return clear(`appendfsync is "always", but there were ${said}`);
  }
  const busiest = [...counts.during].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const writer = busiest.find((name) => writesIn({ during: new Map([[name, 1]]) }) > 0);
  const evidence: Evidence[] = [policy.evidence, evidenceOf(disk)];
  if (writer !== undefined) evidence.push(...counts.evidence(writer));
  return found({
    id: 'fsync-per-write',
    severity: 'warning',
    confidence: 0.6,
    title: 'Each write waits until the append-only log is on the disk',
    why:
      `appendfsync is "always": the thread that answers clients syncs after each write. There were ${said}: ` +
      `at least ${formatShare(Math.min(1, atLeast))} of the time. The syncs themselves were not seen (${missing}).`,
    measures: {
      writesPerSec: { value: Math.round(writes * 10) / 10, unit: '1/s' },
      deviceWrite: { value: writeAwaitMs, unit: 'ms' },
    },
    evidence,
    fix: {
      summary: 'Sync once a second from the background instead of on every write.',
      command: 'CONFIG SET appendfsync everysec',
      cost: 'A crash of the machine may lose up to about 1 s of acknowledged writes. To keep it after a restart, set it in the configuration file too.',
    },
  });
}

function settingOf(facts: Facts, name: string): { value: string; evidence: Evidence } | undefined {
  const row = facts.config.get(name);
  return row?.item.kind === 'server-config'
    ? { value: row.item.value, evidence: evidenceOf(row) }
    : undefined;
}
