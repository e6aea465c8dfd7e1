import type { Parsed } from '../../core/capture.ts';
import type { DiskCountersObservation, DiskObservation } from '../../core/observation.ts';
import { isDecoration, type Line, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present, whole } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/diskstats, counters since boot: https://docs.kernel.org/admin-guide/iostats.html
 *
 *    8       0 sda 6281 1604 469204 2711 5423 3960 154562 9120 0 8604 12250 0 0 0 0 812 419
 *    number    name reads … sectors ms writes … sectors ms under-way busy-ms queue-ms discards ×4 flushes ms
 */

export function parseDiskstats(text: string): Parsed<DiskCountersObservation> {
  const items: DiskCountersObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const item = readRow(line);
    if (item) items.push(item);
    else notes.add(line, 'no row of a disk');
  }
  return { items, problems: notes.done() };
}

function readRow(line: Line): DiskCountersObservation | undefined {
  const words = line.text.trim().split(/\s+/);
  const device = words[2];
  const counts = words.slice(3).map(whole);
  if (!/^\d+$/.test(words[0] ?? '') || !/^\d+$/.test(words[1] ?? '') || device === undefined)
    return undefined;
  const [reads, , readSectors, readMs, writes, , writtenSectors, writeMs, , busyMs, queueMs] = counts;
  const [flushes, flushMs] = counts.slice(15);
  if (reads === undefined || readSectors === undefined || readMs === undefined) return undefined;
  if (writes === undefined || writtenSectors === undefined || writeMs === undefined) return undefined;
  if (busyMs === undefined || queueMs === undefined) return undefined;
  return {
    kind: 'disk-counters',
    ...seen(line),
    device,
    number: `${words[0]}:${words[1]}`,
    ...{ reads, readSectors, readMs, writes, writtenSectors, writeMs, busyMs, queueMs },
    ...present({ flushes, flushMs }),
  };
}

/**
 * The rates of each disk between two readings, with iostat's meaning of each figure. Every item points at the later
 * reading's line. A waiting time is absent where no request ended; a disk that began anew is left out.
 * @param elapsedMs between the two readings, greater than 0
 */
export function diskRates(
  before: readonly DiskCountersObservation[],
  after: readonly DiskCountersObservation[],
  elapsedMs: number,
): DiskObservation[] {
  const found: DiskObservation[] = [];
  for (const later of after) {
    const earlier = before.find((disk) => disk.number === later.number && disk.device === later.device);
    if (!earlier || !(elapsedMs > 0) || later.reads < earlier.reads || later.writes < earlier.writes)
      continue;
    const perSec = (amount: number) => (1000 * amount) / elapsedMs;
    const reads = later.reads - earlier.reads;
    const writes = later.writes - earlier.writes;
    const flushes = difference(earlier.flushes, later.flushes);
    const flushMs = difference(earlier.flushMs, later.flushMs);
    const readMs = later.readMs - earlier.readMs;
    const writeMs = later.writeMs - earlier.writeMs;
    found.push({
      kind: 'disk',
      line: later.line,
      text: later.text,
      device: later.device,
      readsPerSec: perSec(reads),
      writesPerSec: perSec(writes),
      readKibPerSec: perSec((later.readSectors - earlier.readSectors) / 2),
      writeKibPerSec: perSec((later.writtenSectors - earlier.writtenSectors) / 2),
      queueSize: Math.max(0, later.queueMs - earlier.queueMs) / elapsedMs,
      utilPercent: Math.min(100, (100 * Math.max(0, later.busyMs - earlier.busyMs)) / elapsedMs),
      ...present({
        flushesPerSec: flushes === undefined ? undefined : perSec(flushes),
        readAwaitMs: reads > 0 ? readMs / reads : undefined,
        writeAwaitMs: writes > 0 ? writeMs / writes : undefined,
        flushAwaitMs: flushes && flushMs !== undefined ? flushMs / flushes : undefined,
        awaitMs: reads + writes > 0 ? (readMs + writeMs) / (reads + writes) : undefined,
      }),
    });
  }
  return found;
}

function difference(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
}
