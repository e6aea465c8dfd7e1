import { programOf } from '../../core/redact.ts';
import { formatMs, formatShare, quantile, significant } from '../../core/units.ts';
import {
  callEvidence,
  type DescriptorSighting,
  evidenceOf,
  type Facts,
  type ProcessIoSighting,
  seen,
  settled,
} from '../facts.ts';
import { clear, found, insufficient, milliseconds, notApplicable, ofTrace, type Rule } from '../rule.ts';
import { numberOf, type TargetDisk, targetDisk, typical } from '../target-disk.ts';
import { describeDisk } from './disk-saturated.ts';

/** Of the bytes that the disk moves: who moves less is no more to blame than the target. */
const MOST = 0.5;
/** Less, even a hard disk does beside its other work. */
const KIB_PER_SEC = 1024;
/** A sync of an idle solid-state disk takes less; whoever waits this long notices. */
export const SLOW_SYNC_US = 2000;
/** Requests of others that are under way, on average: from here on a sync nearly always meets one. */
const UNDER_WAY = 0.7;

/** Do the target's syncs wait behind what another process does on the same disk? */
export const noisyDiskNeighbour: Rule = {
  id: 'noisy-disk-neighbour',
  question: 'Does another process keep the disk busy that the process waits for?',
  check: ofTrace((facts, trace) => {
    const disk = targetDisk(facts);
    if (!disk) return notApplicable('it has no file open to write on a disk that is known');
    const rows = seen(facts, 'process-io');
    if (rows.length === 0) return insufficient(facts.missing.get('pidstat') ?? 'who writes was not read');
    const busy = typical(disk.rows);
    const moved = busy && kib(busy.item);
    if (!busy || moved === undefined)
      return insufficient(facts.missing.get('iostat') ?? `${disk.name} was not read`);
    const syncs = trace.syncs;
    const p50 = quantile(
      syncs.flatMap(({ durationUs }) => durationUs ?? []),
      0.5,
    );
    const neighbour = loudest(facts, disk, moved);
    const unnamed = moved - named(rows);
    if (!neighbour && unnamed >= MOST * moved && unnamed >= UNNAMED_KIB_PER_SEC)
      return insufficient(
        `${significant(unnamed)} of ${significant(moved)} KiB/s on ${disk.name} were moved by threads of the kernel, for whom is not known`,
      );
    if (!neighbour)
      return clear(`nobody else moved half of what ${disk.name} moved (${significant(moved)} KiB/s)`, [
        evidenceOf(busy),
      ]);
    const said = `${neighbour.name} moved ${significant(neighbour.kibPerSec)} of ${significant(moved)} KiB/s on ${disk.name}`;
    const evidence = [evidenceOf(neighbour.row), evidenceOf(busy)];
    if (p50 === undefined) return clear(`${said}, but the process waited for no sync`, evidence);
    if (p50 < SLOW_SYNC_US)
      return clear(`${said}, and its syncs took ${formatMs(p50 / 1000)} nevertheless`, evidence);
    if (mayBeItsChild(facts, neighbour))
      return insufficient(`${said}, and may be a child of it that writes a snapshot or a rewrite`);
    if (neighbour.elsewhere)
      return insufficient(
        `${said}, but ${neighbour.elsewhere} moved as much, and which of both it used is not known`,
      );
    const { queueSize } = busy.item;
    if (queueSize === undefined)
      return insufficient(`${said}, but the queue of ${disk.name} was not printed`);
    // While the process waits for a sync, one of the requests is its own.
    const others = queueSize - waitedShare(facts);
    if (others < UNDER_WAY)
      return clear(
        `${said}, but its requests rarely meet there (${significant(queueSize)} under way)`,
        evidence,
      );
    const part = Math.min(1, neighbour.kibPerSec / moved);
    return found({
      id: 'noisy-disk-neighbour',
      severity: 'warning',
      confidence: neighbour.file ? 0.9 : 0.7,
      title: `${neighbour.name} keeps the disk busy that the process waits for`,
      why: `${said} (${formatShare(part)}), and a sync of the process waits behind it: ${formatMs(p50 / 1000)} at the median. ${describeDisk(busy)}.`,
      measures: {
        syncP50: milliseconds(p50),
        neighbour: { value: Math.round(neighbour.kibPerSec), unit: 'KiB/s' },
        disk: { value: Math.round(moved), unit: 'KiB/s' },
        queue: { value: queueSize, unit: 'requests' },
      },
      evidence: [
        ...evidence,
        ...(neighbour.file ? [evidenceOf(neighbour.file)] : []),
        evidenceOf(disk.file),
        callEvidence(facts, syncs.find(({ durationUs }) => (durationUs ?? 0) >= p50)!.call),
      ],
      fix: {
        summary: `Move ${neighbour.name} or the data of the process to another disk, run it at another time, or limit it (ionice -c 3, systemd IOWriteBandwidthMax, docker --device-write-bps).`,
        cost: `${neighbour.name} takes longer.`,
      },
    });
  }),
};

interface Neighbour {
  /** "dd (9181)", or "dd (12 processes)". */
  readonly name: string;
  readonly kibPerSec: number;
  readonly row: ProcessIoSighting;
  /** A file of it on that disk, where its files were looked at. */
  readonly file?: DescriptorSighting;
  /** Another disk that moved as much, where its files are not known. */
  readonly elsewhere?: string;
}

/** A server of the Redis family forks to write all its data; the child bears its name, and another number each time. */
function mayBeItsChild(facts: Facts, { row }: Neighbour): boolean {
  const target = facts.target.pid ?? facts.trace?.target;
  const own = seen(facts, 'process-io').find(({ item }) => item.pid === target)?.item.command;
  return own === row.item.command && facts.trace!.writingJobs.some(({ child }) => child !== undefined);
}

/** A file system's journal multiplies small appends; what is not named has to be more than that. */
const UNNAMED_KIB_PER_SEC = 10_240;
/** Threads of the kernel carry out what processes asked for, and servers of a file system what others asked of it. */
const FOR_OTHERS = /^(?:kworker|jbd2|xfs|btrfs|dm-|loop\d|kswapd|flush|md\d|nbdkit|nbdfuse)/;

/** KiB a second that programs moved, the process itself among them. */
function named(rows: readonly ProcessIoSighting[]): number {
  const each = settled([...rows]).filter(({ item }) => !item.average && item.tid === undefined);
  const reports = Math.max(1, new Set(each.map(({ item }) => item.frame)).size);
  const programs = each.filter(({ item }) => !FOR_OTHERS.test(item.command ?? ''));
  return programs.reduce((sum, { item }) => sum + (kib(item) ?? 0), 0) / reports;
}

/** The program that moves at least half of what the disk moves, and has a file there as far as that was looked at. */
function loudest(facts: Facts, disk: TargetDisk, moved: number): Neighbour | undefined {
  const target = facts.target.pid ?? facts.trace?.target;
  const rows = settled(seen(facts, 'process-io')).filter(
    ({ item }) => !item.average && item.tid === undefined,
  );
  const reports = Math.max(1, new Set(rows.map(({ item }) => item.frame)).size);
  const byProgram = new Map<string, ProcessIoSighting[]>();
  for (const row of rows) {
    const { pid, command } = row.item;
    if (pid === target || FOR_OTHERS.test(command ?? '')) continue;
    const program = programOf(command ?? 'process');
    byProgram.set(program, [...(byProgram.get(program) ?? []), row]);
  }
  const loud = [...byProgram].flatMap(([program, all]): Neighbour[] => {
    const everywhere = new Set(all.map(({ item }) => item.pid));
    const own = seen(facts, 'descriptor').filter(
      ({ item }) => everywhere.has(item.pid) && item.type === 'REG',
    );
    const here = own.filter(({ item }) => numberOf(item) === disk.number);
    const file = here[0];
    if (own.length > 0 && !file) return [];
    const its = file ? all.filter(({ item }) => here.some((each) => each.item.pid === item.pid)) : all;
    // A process that pidstat does not list in a report did nothing in that second.
    const kibPerSec = its.reduce((sum, { item }) => sum + (kib(item) ?? 0), 0) / reports;
    if (kibPerSec < KIB_PER_SEC || kibPerSec < MOST * moved) return [];
    const row = its.reduce((a, b) => ((kib(b.item) ?? 0) > (kib(a.item) ?? 0) ? b : a));
    const pids = new Set(its.map(({ item }) => item.pid));
    const name = `${program} (${pids.size === 1 ? row.item.pid : `${pids.size} processes`})`;
    const elsewhere = file ? undefined : otherDisk(facts, disk, kibPerSec);
    return [{ name, kibPerSec, row, ...(file ? { file } : {}), ...(elsewhere ? { elsewhere } : {}) }];
  });
  return loud.sort((a, b) => b.kibPerSec - a.kibPerSec)[0];
}

function otherDisk(facts: Facts, disk: TargetDisk, kibPerSec: number): string | undefined {
  const own = new Set(disk.rows.map(({ item }) => item.device));
  const row = settled(seen(facts, 'disk')).find(
    ({ item }) => !own.has(item.device) && (kib(item) ?? 0) >= MOST * kibPerSec,
  );
  return row?.item.device;
}

/** Part of the time that the process waited for syncs, 0 to 1. */
function waitedShare({ trace }: Facts): number {
  const us = trace!.syncs.reduce((sum, { durationUs }) => sum + (durationUs ?? 0), 0);
  return trace!.seconds ? Math.min(1, us / 1e6 / trace!.seconds) : 0;
}

function kib({
  readKibPerSec,
  writeKibPerSec,
}: {
  readKibPerSec?: number;
  writeKibPerSec?: number;
}): number | undefined {
  if (readKibPerSec === undefined && writeKibPerSec === undefined) return undefined;
  return (readKibPerSec ?? 0) + (writeKibPerSec ?? 0);
}
