import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpPart, PartOrder } from '../../core/lab-part.ts';
import { runLoad } from '../load.ts';
import { type Meter, machineMs } from './meter.ts';

/** So that an application that is down is not asked thousands of times a second. */
const PAUSE_AFTER_ERROR_MS = 200;

/**
 * Clients of the slow application, until `signal`. A request that is under way then is waited for: the application would
 * go on with it anyway. What a turn took is what the application says it took, where it says so.
 */
export async function runHttp(
  { path, connections, pauseMs }: HttpPart,
  { appUrl }: PartOrder,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  if (appUrl === undefined) throw new Error('no application was started for an HTTP load');
  const url = new URL(path, appUrl);
  const loop = async () => {
    while (!signal.aborted) {
      let pause = pauseMs;
      await runLoad(url, {
        count: 1,
        monotonic: machineMs,
        onSample: ({ seconds, elapsedSeconds, error }) => {
          if (error === undefined) {
            meter.turn(machineMs() - seconds * 1000, (elapsedSeconds ?? seconds) * 1000, 1);
          } else {
            meter.failed(error);
            pause = PAUSE_AFTER_ERROR_MS;
          }
        },
      });
      if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
}
