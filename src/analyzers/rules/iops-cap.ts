import type { Evidence } from '../../core/finding.ts';
import { formatMs, significant } from '../../core/units.ts';
import { groupChange, groupsWith } from '../control-groups.ts';
import { type DiskSighting, evidenceOf, type Facts, seen } from '../facts.ts';
import { clear, found, insufficient, type Rule, severityOf, symptom } from '../rule.ts';
import { targetDisk, typical } from '../target-disk.ts';
import { nameOf } from './cpu-throttled.ts';
import { describeDisk } from './disk-saturated.ts';

/** A limit that is reached is used up to the rounding of the kernel's time slices (100 ms). */
const REACHED = 0.8;
/** Reports of one second that a plateau needs to be one, and how little they may differ. A disk of its own varies more. */
const REPORTS = 3;
const SPREAD = 0.04;
const QUEUE = 4;
/** Requests this large are limited by bytes, not by their number. */
const SMALL_KIB = 64;
const MIN_PER_SEC = 20;
/** Fewer syncs say nothing of a share. */
const SYNCS = 10;

/** Files of limits of cgroup v1, and the counter that each is held against. */
const V1 = {
  'blkio.throttle.write_iops_device': ['blkio.throttle.io_serviced', 'Write', 'writes'],
  'blkio.throttle.read_iops_device': ['blkio.throttle.io_serviced', 'Read', 'reads'],
  'blkio.throttle.write_bps_device': ['blkio.throttle.io_service_bytes', 'Write', 'bytes written'],
  'blkio.throttle.read_bps_device': ['blkio.throttle.io_service_bytes', 'Read', 'bytes read'],
} as const;
/** The same of v2's io.max, held against io.stat. */
const V2 = {
  wiops: ['wios', 'writes'],
  riops: ['rios', 'reads'],
  wbps: ['wbytes', 'bytes written'],
  rbps: ['rbytes', 'bytes read'],
} as const;

/** A limit on I/O of a group of the target, and how much of it was used. */
interface Limit {
  readonly group: string;
  readonly device: string;
  readonly what: string;
  readonly limit: number;
  /** A second; undefined when it was not counted. */
  readonly used: number | undefined;
  readonly evidence: readonly Evidence[];
}

/** Does a cap on requests a second, set for the process or for its disk, make it wait? */
export const iopsCap: Rule = {
  id: 'iops-cap',
  question: 'Does a limit on disk requests make the process wait?',
  check(facts) {
    const limits = limitsOf(facts).sort((a, b) => part(b) - part(a));
    const most = limits[0];
    if (most && part(most) >= REACHED) return reached(facts, most);
    const plateau = plateauOf(facts);
    if (plateau) {
      // On a disk that others keep busy the cap is what they run into.
      return symptom(
        'noisy-disk-neighbour',
        'another process uses up what the disk is let do',
        shape(plateau),
      );
    }
    if (most?.used !== undefined)
      return clear(`${limitText(most)}, of which ${significant(most.used)} were used`, most.evidence);
    if (most) return insufficient(`${limitText(most)}, but what it used of it was not counted`);
    const disk = targetDisk(facts);
    const row = disk && typical(disk.rows);
    if (!row)
      return insufficient(
        facts.missing.get('iostat') ?? 'no limit of its control groups, and no reading of a disk of its own',
      );
    const unlimited =
      groupsWith(facts, 'blkio.throttle.io_serviced').length + groupsWith(facts, 'io.stat').length > 0;
    return clear(`${unlimited ? 'no limit of its control groups; ' : ''}${describeDisk(row)}`, [
      evidenceOf(row),
    ]);
  },
};

function reached(facts: Facts, most: Limit) {
  const disk = targetDisk(facts);
  const row = disk && disk.number === most.device ? typical(disk.rows) : undefined;
  const name = seen(facts, 'disk-counters').find(({ item }) => item.number === most.device)?.item.device;
  const share = waitedForSyncs(facts);
  return found({
    id: 'iops-cap',
    severity: severityOf(share),
    confidence: 0.95,
    title: 'A limit on disk requests makes the process wait',
    why: `${limitText(most)} (${name ?? most.device}), and ${significant(most.used!)} were used: what comes beyond waits, however idle the disk is.${row ? ` ${describeDisk(row)}.` : ''}`,
    ...(share === undefined ? {} : { share }),
    measures: {
      limit: { value: most.limit, unit: '1/s' },
      used: { value: Math.round(most.used! * 10) / 10, unit: '1/s' },
    },
    evidence: [...most.evidence, ...(row ? [evidenceOf(row)] : [])],
    fix: {
      summary:
        'Raise or remove the limit (docker update --blkio-weight …, --device-write-iops, systemd IOWriteIOPSMax), or let fewer and larger requests do the work.',
      cost: 'Others on the same disk get less of it.',
    },
  });
}

/** Part of the time that the process waited for syncs, each of which the limit holds back; absent where it syncs little. */
function waitedForSyncs({ trace }: Facts): number | undefined {
  const durations = trace?.syncs.flatMap(({ durationUs }) => durationUs ?? []) ?? [];
  if (!trace?.seconds || durations.length < SYNCS) return undefined;
  const us = durations.reduce((sum, each) => sum + each, 0);
  return Math.round(Math.min(1, us / 1e6 / trace.seconds) * 1000) / 1000;
}

function shape({ row, perSec, sizeKib }: Plateau) {
  const { queueSize, awaitMs, writeAwaitMs } = row.item;
  const wait = writeAwaitMs ?? awaitMs;
  return found({
    id: 'iops-cap',
    severity: 'warning',
    confidence: 0.6,
    title: `Disk ${row.item.device} does not do more than ${significant(perSec)} requests a second`,
    why:
      `It stays at ${significant(perSec)} requests a second of ${significant(sizeKib)} KiB while ${significant(queueSize!)} wait` +
      `${wait === undefined ? '' : ` ${formatMs(wait)} each`}: such a plateau at a small throughput is what a limit of a cloud volume looks like.`,
    measures: {
      requestsPerSec: { value: Math.round(perSec), unit: '1/s' },
      requestSize: { value: Math.round(sizeKib * 10) / 10, unit: 'KiB' },
      queue: { value: queueSize!, unit: 'requests' },
    },
    evidence: [evidenceOf(row)],
    fix: {
      summary:
        'Look up the limit of this volume with who sells it; give it more requests a second, or let fewer and larger requests do the work.',
      cost: 'Usually money.',
    },
  });
}

interface Plateau {
  readonly row: DiskSighting;
  readonly perSec: number;
  readonly sizeKib: number;
}

function plateauOf(facts: Facts): Plateau | undefined {
  const disk = targetDisk(facts);
  const row = disk && typical(disk.rows);
  if (!row || disk.rows.length < REPORTS || (row.item.queueSize ?? 0) < QUEUE) return undefined;
  const rates = disk.rows.map(({ item }) => (item.readsPerSec ?? 0) + (item.writesPerSec ?? 0));
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  const perSec = (row.item.readsPerSec ?? 0) + (row.item.writesPerSec ?? 0);
  if (least < MIN_PER_SEC || (most - least) / most > SPREAD) return undefined;
  const { readKibPerSec, writeKibPerSec } = row.item;
  if (readKibPerSec === undefined && writeKibPerSec === undefined) return undefined;
  const sizeKib = ((readKibPerSec ?? 0) + (writeKibPerSec ?? 0)) / perSec;
  return sizeKib < SMALL_KIB ? { row, perSec, sizeKib } : undefined;
}

function limitsOf(facts: Facts): Limit[] {
  const rows = seen(facts, 'cgroup-value');
  const last = new Map(
    rows.map((row) => [[row.item.group, row.item.file, row.item.name, row.item.device].join(' '), row]),
  );
  return [...last.values()].flatMap((row): Limit[] => {
    const { group, file, name, device, value } = row.item;
    if (value === undefined || device === undefined) return [];
    const v1 = Object.hasOwn(V1, file) ? V1[file as keyof typeof V1] : undefined;
    const v2 = file === 'io.max' && Object.hasOwn(V2, name) ? V2[name as keyof typeof V2] : undefined;
    const change = v1
      ? groupChange(facts, group, v1[0], v1[1], device)
      : v2 && groupChange(facts, group, 'io.stat', v2[0], device);
    const what = v1?.[2] ?? v2?.[1];
    if (what === undefined) return [];
    const line = {
      source: row.source,
      line: row.item.line,
      text: `${group}/${file}: ${row.item.text.trim()}`,
    };
    return [
      {
        group,
        device,
        what,
        limit: value,
        used: change?.perSec,
        evidence: [line, ...(change?.evidence ?? [])],
      },
    ];
  });
}

const part = ({ used, limit }: Limit): number => (used === undefined ? 0 : used / Math.max(1, limit));

function limitText({ group, what, limit, device }: Limit): string {
  return `its control group ${nameOf(group)} may do ${significant(limit)} ${what} a second on ${device}`;
}
