/**
 * What CLOCK_MONOTONIC has to be given to become the time of day, in microseconds. Node's hrtime is that clock on
 * Linux.
 */
export function epochOffsetUs(): number {
  return Math.round(
    (performance.timeOrigin + performance.now()) * 1000 - Number(process.hrtime.bigint()) / 1000,
  );
}
