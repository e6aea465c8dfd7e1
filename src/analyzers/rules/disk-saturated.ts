import { formatMs, significant } from '../../core/units.ts';
import { type DiskSighting, evidenceOf, type Facts, seen, settled } from '../facts.ts';
import { clear, found, insufficient, type Rule, symptom } from '../rule.ts';
import { targetDisk, typical } from '../target-disk.ts';

/** Requests under way on average: from here on, requests wait behind each other and not only for the medium. */
const QUEUE = 4;
const UTIL_PERCENT = 90;
/** From here on it is worth a word why that is not saturated. */
const BUSY_PERCENT = 50;

/** The busiest disk, by queue, then by utilisation, in its typical report. */
export function busiestDisk(facts: Facts): DiskSighting | undefined {
  return busiestOf(typicalReports(facts));
}

/** The target's own disk, if it is saturated: another with a longer queue does not concern its clients. */
function diskThatMatters(facts: Facts): DiskSighting | undefined {
  const saturated = typicalReports(facts).filter(isSaturated);
  const own = targetDisk(facts)?.rows.map(({ item }) => item.device) ?? [];
  return busiestOf(saturated.filter(({ item }) => own.includes(item.device))) ?? busiestDisk(facts);
}

function isSaturated({ item: { queueSize = 0, utilPercent = 100 } }: DiskSighting): boolean {
  return queueSize >= QUEUE && utilPercent >= UTIL_PERCENT;
}

function typicalReports(facts: Facts): DiskSighting[] {
  const byDevice = new Map<string, DiskSighting[]>();
  for (const row of settled(seen(facts, 'disk')))
    byDevice.set(row.item.device, [...(byDevice.get(row.item.device) ?? []), row]);
  return [...byDevice.values()].map((each) => typical(each)!);
}

function busiestOf(rows: readonly DiskSighting[]): DiskSighting | undefined {
  return rows.reduce<DiskSighting | undefined>(
    (worst, each) => (!worst || load(each) > load(worst) ? each : worst),
    undefined,
  );
}

function load({ item }: DiskSighting): number {
  return (item.queueSize ?? 0) * 1000 + (item.utilPercent ?? 0) + (item.writesPerSec ?? 0) / 1e6;
}

/**
 * Is a disk the bottleneck? A disk that one thread writes and syncs without pause is busy all the time with one
 * request: its latency is the matter then, not its throughput, and `fsync-per-write` names it.
 */
export const diskSaturated: Rule = {
  id: 'disk-saturated',
  question: 'Does a disk have more requests than it can serve?',
  check(facts) {
    const disk = diskThatMatters(facts);
    if (!disk) return insufficient(facts.missing.get('iostat') ?? 'no reading of the disks');
    const { device, queueSize, utilPercent, writesPerSec, readsPerSec } = disk.item;
    const evidence = [evidenceOf(disk)];
    const said = describeDisk(disk);
    if (isSaturated(disk)) {
      const verdict = found({
        id: 'disk-saturated',
        severity: 'warning',
        confidence: 0.8,
        title: `Disk ${device} is saturated`,
        why: `${said}: requests wait behind each other.`,
        measures: {
          queue: { value: queueSize!, unit: 'requests' },
          ...(utilPercent === undefined ? {} : { utilisation: { value: utilPercent, unit: '%' } }),
        },
        evidence,
        fix: {
          summary: 'Find who writes (pidstat -d), and move it, slow it down, or use a faster disk.',
          cost: 'Depends on who it is.',
        },
      });
      if (!targetDisk(facts)?.rows.some(({ item }) => item.device === device)) return verdict;
      const rewrite = symptom(
        'aof-rewrite-contention',
        `what a rewrite writes keeps ${device} busy`,
        verdict,
      );
      const snapshot = symptom('snapshot-io', `what a snapshot writes keeps ${device} busy`, rewrite);
      const capped = symptom('iops-cap', `a limit lets requests queue up for ${device}`, snapshot);
      return symptom('noisy-disk-neighbour', `another process keeps ${device} busy`, capped);
    }
    if (queueSize === undefined && utilPercent === undefined)
      return insufficient(`${device}: neither queue nor utilisation was printed`);
    const moved = (writesPerSec ?? 0) + (readsPerSec ?? 0);
    if (utilPercent === 0 && moved > 10) {
      return clear(`${said}; it reports no utilisation, its queue is short`, evidence);
    }
    if ((queueSize ?? 0) >= QUEUE)
      return clear(
        `${said}: its queue is long at times, but it also rests (saturated from ${UTIL_PERCENT} % on)`,
        evidence,
      );
    if ((utilPercent ?? 0) >= BUSY_PERCENT) {
      return queueSize === undefined
        ? insufficient(`${said}, but its queue was not printed`)
        : clear(
            `${said}: busy, but its queue is short (requests wait for each other from ${QUEUE} on)`,
            evidence,
          );
    }
    return clear(said, evidence);
  },
};

/** "sda: 492 writes/s of 1.76 ms, queue 0, 0 % busy". */
export function describeDisk({ item }: DiskSighting): string {
  if (item.writesPerSec === 0 && item.readsPerSec === 0 && !item.utilPercent) return 'no disk did anything';
  const parts = [
    item.writesPerSec === undefined
      ? ''
      : `${significant(item.writesPerSec)} writes/s${item.writeAwaitMs ? ` of ${formatMs(item.writeAwaitMs)}` : ''}`,
    item.queueSize === undefined ? '' : `queue ${significant(item.queueSize)}`,
    item.utilPercent === undefined ? '' : `${significant(item.utilPercent)} % busy`,
  ];
  return `${item.device}: ${parts.filter((part) => part !== '').join(', ')}`;
}
