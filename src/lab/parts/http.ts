import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../../core/errors.ts';
import type { HttpPart, PartOrder } from '../../core/lab-part.ts';
import { runLoad } from '../load.ts';
import { type Meter, machineMs } from './meter.ts';

/** So that an application that is down is not asked thousands of times a second. */
const PAUSE_AFTER_ERROR_MS = 200;

/**
 * Clients of an application, until `signal`. A request that is under way then is waited for: the application would
 * go on with it anyway. What a turn took is what the application says it took, where it says so.
 */
export async function runHttp(
  { path, connections, pauseMs, once = false }: HttpPart,
  { appUrl }: PartOrder,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  if (appUrl === undefined) throw new Error('no application was started for an HTTP load');
  const url = new URL(path, appUrl);
  const loop = async () => {
    while (!signal.aborted) {
      let pause = pauseMs;
      let failure: Error | undefined;
      await runLoad(url, {
        count: 1,
        monotonic: machineMs,
        onSample: ({ seconds, elapsedSeconds, error }) => {
          if (error === undefined) {
            meter.turn(machineMs() - seconds * 1000, (elapsedSeconds ?? seconds) * 1000, 1);
          } else {
            if (once) failure = new UserError(`GET ${path}: ${error}.`, EXIT.failure);
            meter.failed(error);
            pause = PAUSE_AFTER_ERROR_MS;
          }
        },
      });
      if (failure) throw failure;
      if (once) return;
      if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
}
