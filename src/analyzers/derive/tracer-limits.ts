import { BETWEEN_STRETCHES, type Census } from '../../core/census.ts';
import { plural } from '../../core/units.ts';
import type { Conversation } from './conversation.ts';
import type { TraceInput } from './trace-input.ts';

/** The lower quartile of calls that cannot block: what is left is the tracer's own share of a duration. */
export function callFloor(input: TraceInput): number | undefined {
  // In the kernel, times are taken inside of what the tracer adds.
  if (input.source !== 'strace') return 0;
  const durations: number[] = [];
  for (const call of input.items) {
    if (call.kind !== 'syscall' || call.durationUs === undefined) continue;
    if (
      call.errno === 'EAGAIN' ||
      call.name === 'epoll_ctl' ||
      call.name === 'close' ||
      call.name === 'openat'
    ) {
      durations.push(call.durationUs);
    }
  }
  if (durations.length < 3) return undefined;
  durations.sort((a, b) => a - b);
  return durations[Math.floor(durations.length / 4)];
}

/** Fewer requests or replies that are missing may be some push that nobody knows of. */
export const HOLES = 3;

/** Why nothing can be said of what was not seen, where a process uses io_uring. */
export const BY_IO_URING = 'it uses io_uring, and what it submits there is not seen';

/** Why commands are unknown in a log of a tracer that shows the numbers of calls only. */
export function noBytes(source: string): string {
  return `${source} shows that bytes moved and not which ones, so commands are unknown`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What the log cannot show, each in a sentence. */
export function blindSpots(
  conversations: readonly Conversation[],
  {
    opaque,
    holes,
    usesIoUring,
    bytesMissing,
  }: {
    readonly opaque: number;
    readonly holes: number;
    readonly usesIoUring: boolean;
    readonly bytesMissing: boolean;
  },
  input: TraceInput,
): string[] {
  const spots: string[] = [];
  if (input.census) spots.push(stretches(input.census));
  if (usesIoUring)
    spots.push('The process uses io_uring: reads, writes and syncs submitted there are not seen.');
  if (bytesMissing) spots.push(`${capital(noBytes(input.source))}.`);
  if (input.lost) spots.push(`${plural(input.lost, 'call')} came faster than ${input.source} could keep.`);
  if (holes >= HOLES) {
    spots.push(
      `${holes} requests or replies were not seen, of conversations that go on: calls are missing from the log.`,
    );
  }
  if (opaque > 0) {
    spots.push(
      `${plural(opaque, 'connection')} carried bytes that are neither RESP nor HTTP: another protocol, or TLS.`,
    );
  }
  const lost = conversations.reduce((sum, each) => sum + each.lostBytes, 0);
  if (lost > 0) {
    spots.push(
      `${lost} bytes of long messages lay beyond what the tracer shows of a buffer, or were not understood.`,
    );
  }
  let gaps = 0;
  let unwatched = 0;
  for (const item of input.items) {
    if (item.kind !== 'trace-event' || item.event !== 'gap' || item.detail === BETWEEN_STRETCHES) continue;
    gaps++;
    if (item.detail !== undefined) unwatched++;
  }
  if (unwatched > 0) {
    spots.push(
      `Calls were watched in ${unwatched + 1} short windows, each attached mid-stream; what began in one and ended behind it is not used.`,
    );
  }
  if (gaps > unwatched) {
    spots.push('Lines were left out of the log; times across the gaps are not used.');
  }
  return spots;
}

/** How much of a long log was looked at, and how. */
function stretches({ calls, detail }: Census): string {
  const counted = calls >= 1e6 ? `${(calls / 1e6).toFixed(1)} million` : String(calls);
  return (
    `The log is long: all of its ${counted} calls were counted, and ${plural(detail.calls, 'call')} in ` +
    `${plural(detail.stretches, 'stretch')} read in detail, an even sample and what stands out; each stretch begins ` +
    'mid-stream, and what began in one and ended behind it is not used.'
  ).replace('stretchs', 'stretches');
}
