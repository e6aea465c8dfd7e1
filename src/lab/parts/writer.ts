import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartOrder, WriterPart } from '../../core/lab-part.ts';
import { type Meter, machineMs } from './meter.ts';
import { paceOf } from './pace.ts';
import { randomOf } from './words.ts';

/** A file is begun anew at this size: the lab's disk is small. */
const LARGEST_BYTES = 48 * 1024 * 1024;
/** Of a file that is written over. */
const BLOCKS_IN_PLACE = 32;
const SECOND_MS = 1000;

/** Writes files and syncs them, until `signal`; then removes them. */
export async function runWriter(
  spec: WriterPart,
  { folder, seed }: PartOrder,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    Array.from({ length: spec.files }, (_, index) =>
      writeOne(spec, join(folder, `writer-${process.pid}-${index}.log`), seed + index, meter, signal),
    ),
  );
}

async function writeOne(
  { bytes, rate, sync, files, inPlace }: WriterPart,
  path: string,
  seed: number,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  const due = paceOf(rate === undefined ? undefined : rate / files, randomOf(seed), machineMs);
  const block = Buffer.alloc(bytes, 'a line of a log that somebody writes\n');
  const file = await open(path, 'w', 0o600);
  try {
    const limit = inPlace ? bytes * BLOCKS_IN_PLACE : LARGEST_BYTES;
    if (inPlace) {
      for (let at = 0; at < limit; at += bytes) await file.write(block, 0, bytes, at);
      await file.sync();
    }
    let [written, synced] = [0, machineMs()];
    while (!signal.aborted) {
      await due();
      const start = machineMs();
      await file.write(block, 0, bytes, written);
      written += bytes;
      if (sync === 'each' || (sync === 'second' && start - synced >= SECOND_MS)) {
        await file.datasync();
        synced = machineMs();
      }
      meter.turn(start, machineMs() - start, 1);
      if (written < limit) continue;
      if (!inPlace) await file.truncate(0);
      written = 0;
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
