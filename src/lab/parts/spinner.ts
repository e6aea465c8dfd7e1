import { setImmediate as next, setTimeout as sleep } from 'node:timers/promises';
import type { SpinnerPart } from '../../core/lab-part.ts';
import { pin } from '../faults/pinned.ts';
import { type Meter, machineMs } from './meter.ts';

/** A stretch of work, after which the process listens to signals. */
const STRETCH_MS = 20;

/** Uses CPU and does nothing, until `signal`. */
export async function runSpinner(
  { busy, pinned = false }: SpinnerPart,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  if (pinned) await pin(process.pid);
  while (!signal.aborted) {
    const start = machineMs();
    let value = 0;
    while (machineMs() - start < STRETCH_MS * busy) for (let i = 0; i < 10_000; i++) value += i ^ value;
    meter.turn(start, machineMs() - start, 0);
    if (busy >= 1) await next();
    else await sleep(STRETCH_MS * (1 - busy));
  }
}
