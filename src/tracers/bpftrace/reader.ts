import { CAPTURE, type WatchedCall } from '../log/calls.ts';
import type { OpenCall } from '../log/log-text.ts';
import { MAX_PAYLOAD } from '../log/record.ts';
import type { CallRecord, RecordStore } from '../log/record-store.ts';
import { PATH_PIECES, PIECE_BYTES, VECTOR_PARTS } from './program.ts';

/** A line is shorter than this; a longer one is not ours. */
const MAX_LINE = 16 * 1024;
/** Calls whose pieces have not all come. More than these were lost. */
const MAX_WAITING = 10_000;

/** A call of which more is to come, in pieces that another CPU's lines may be in front of. */
interface Waiting {
  readonly call: Omit<CallRecord, 'payload'>;
  readonly capture: number;
  /** Bytes by the number of their piece or part. */
  readonly pieces: Map<number, Buffer>;
  /** Bytes of the vector that its parts stand for, shown or not. */
  covered: number;
  cutAt: number;
}

/** Reads what the program of program.ts makes bpftrace print, as it comes, and keeps the calls. Never throws. */
export class BpftraceReader {
  isReady = false;
  private lostLines = 0;
  /** Calls that came, and calls that the program says it printed. */
  private seen = 0;
  private printed: number | undefined;
  /** Lines that are not ours: what bpftrace itself says, and what was torn. */
  strange = 0;
  private readonly captures = new Map<number, number>();
  private readonly waiting = new Map<string, Waiting>();
  private readonly open: OpenCall[] = [];
  private rest = '';

  constructor(
    private readonly store: RecordStore,
    calls: readonly WatchedCall[],
  ) {
    for (const { number, capture } of calls) this.captures.set(number, CAPTURE[capture]);
  }

  feed(chunk: Buffer): void {
    const text = this.rest + chunk.toString('latin1');
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.line(text.slice(from, end));
      from = end + 1;
    }
    this.rest = text.length - from > MAX_LINE ? '' : text.slice(from);
  }

  /** Calls that are missing; of a window that ended when it had enough, lines that bpftrace says it lost. */
  get lost(): number {
    if (this.printed === undefined || this.store.isFull) return this.lostLines;
    return Math.max(0, this.printed - this.seen);
  }

  /** Gives up waiting for pieces. @returns the calls that had not returned */
  finish(): readonly OpenCall[] {
    for (const waiting of this.waiting.values()) this.complete(waiting);
    this.waiting.clear();
    return this.open;
  }

  private line(line: string): void {
    if (line === '') return;
    const ours = this.read(line);
    if (!ours) this.strange++;
  }

  private read(line: string): boolean {
    switch (line.charAt(0)) {
      case 'c':
        return this.call(line);
      case '+':
        return this.piece(line);
      case 'v':
        return this.part(line);
      case 'f':
        return this.flags(line);
      case '@':
        return this.unfinished(line);
      case 'L': {
        const events = /^Lost (\d+) events$/.exec(line)?.[1];
        this.lostLines += Number(events ?? 0);
        return events !== undefined;
      }
      case 'r':
        if (!/^ready\.+$/.test(line)) return false;
        this.isReady = true;
        return true;
      default:
        return false;
    }
  }

  private call(line: string): boolean {
    const match =
      /^c (\d+) (\d+) (\d+) (\d+) (\d+) (-?\d+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)(?: ([0-9a-f ]*))?$/.exec(
        line,
      );
    if (!match) return false;
    const number = Number(match[3]);
    const capture = this.captures.get(number);
    if (capture === undefined) return false;
    this.seen++;
    // Under a flood of calls the word itself may be lost; what is attached shows all the same.
    this.isReady = true;
    const tid = Number(match[1]);
    const startNs = Number(match[4]);
    const result = Number(match[6]);
    const call = {
      ...{ startNs, endNs: startNs + Number(match[5]), tid, pid: Number(match[2]), number, result },
      args: [match[7]!, match[8]!, match[9]!, match[10]!].flatMap(halves),
    };
    const shown = match[11];
    const waiting: Waiting = { call, capture, pieces: new Map(), covered: 0, cutAt: MAX_PAYLOAD };
    if (shown !== undefined) waiting.pieces.set(0, bytesOf(shown));
    if (this.isComplete(waiting)) {
      this.complete(waiting);
      return true;
    }
    if (this.waiting.size >= MAX_WAITING) this.finishWaiting();
    this.waiting.set(`${tid}:${startNs}`, waiting);
    return true;
  }

  private piece(line: string): boolean {
    const match = /^\+ (\d+) (\d+) (\d+) ([0-9a-f ]*)$/.exec(line);
    const waiting = match && this.waiting.get(`${match[1]}:${match[2]}`);
    if (!waiting) return match !== null;
    waiting.pieces.set(Number(match[3]) / PIECE_BYTES, bytesOf(match[4]!));
    this.settle(waiting);
    return true;
  }

  private part(line: string): boolean {
    const match = /^v (\d+) (\d+) (\d+) (-?\d+) ([0-9a-f ]*)$/.exec(line);
    const waiting = match && this.waiting.get(`${match[1]}:${match[2]}`);
    if (!waiting) return match !== null;
    const index = Number(match[3]);
    const length = Number(match[4]);
    waiting.pieces.set(index, bytesOf(match[5]!));
    waiting.covered += length;
    // Behind a part that is not shown whole nothing can be joined.
    if (length > PIECE_BYTES) waiting.cutAt = Math.min(waiting.cutAt, index);
    this.settle(waiting);
    return true;
  }

  private flags(line: string): boolean {
    const match = /^f (\d+) (\d+) ([0-9a-f]+)$/.exec(line);
    const waiting = match && this.waiting.get(`${match[1]}:${match[2]}`);
    if (!waiting) return match !== null;
    const bytes = Buffer.alloc(8);
    const [low = 0, high = 0] = halves(match[3]!);
    bytes.writeUInt32LE(low, 0);
    bytes.writeUInt32LE(high, 4);
    waiting.pieces.set(0, bytes);
    this.settle(waiting);
    return true;
  }

  /** @s[27789]: (11907756558461, 27789, 75, 8, 2, 2, 0), the map that bpftrace prints when it ends. */
  private unfinished(line: string): boolean {
    const printed = /^@n: (\d+)$/.exec(line)?.[1];
    if (printed !== undefined) {
      this.printed = Number(printed);
      return true;
    }
    const match = /^@s\[(\d+)\]: \((\d+), (\d+), (\d+), (-?\d+)(?:, -?\d+)*\)$/.exec(line);
    if (!match) return false;
    const number = Number(match[4]);
    const isPlain = this.captures.get(number) === CAPTURE.numbers;
    this.open.push({
      ...{ startNs: Number(match[2]), tid: Number(match[1]), pid: Number(match[3]), number },
      firstArgument: isPlain ? Number(match[5]) | 0 : -1,
    });
    return true;
  }

  private settle(waiting: Waiting): void {
    if (!this.isComplete(waiting)) return;
    const { tid, startNs } = waiting.call;
    this.waiting.delete(`${tid}:${startNs}`);
    this.complete(waiting);
  }

  private isComplete({ call, capture, pieces, covered, cutAt }: Waiting): boolean {
    switch (capture) {
      case CAPTURE.buffer:
        return pieces.size >= Math.ceil(Math.min(Math.max(0, call.result), MAX_PAYLOAD) / PIECE_BYTES);
      case CAPTURE.firstPath:
      case CAPTURE.secondPath:
        return pieces.get(0)?.includes(0) || pieces.size >= PATH_PIECES;
      case CAPTURE.vector:
      case CAPTURE.message:
        return (
          call.result <= 0 ||
          covered >= call.result ||
          pieces.size >= VECTOR_PARTS ||
          // All parts up to the first one that is not whole.
          (cutAt < MAX_PAYLOAD && pieces.size > cutAt)
        );
      case CAPTURE.clone3:
        return pieces.size > 0;
      default:
        return true;
    }
  }

  private complete(waiting: Waiting): void {
    this.store.add({ ...waiting.call, payload: payloadOf(waiting) });
  }

  private finishWaiting(): void {
    for (const [key, waiting] of this.waiting) {
      this.waiting.delete(key);
      this.complete(waiting);
      if (this.waiting.size < MAX_WAITING / 2) return;
    }
  }
}

/** The pieces from the first one on, as far as they follow each other without a gap. */
function payloadOf({ capture, pieces, cutAt }: Waiting): Buffer {
  const joined: Buffer[] = [];
  const isVector = capture === CAPTURE.vector || capture === CAPTURE.message;
  for (let index = 0; pieces.has(index); index++) {
    joined.push(pieces.get(index)!);
    if (isVector && index >= cutAt) break;
    if (!isVector && pieces.get(index)!.length < PIECE_BYTES) break;
  }
  const bytes = joined.length === 1 ? joined[0]! : Buffer.concat(joined);
  if (capture !== CAPTURE.firstPath && capture !== CAPTURE.secondPath) return bytes;
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** "0d 0a" */
function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** A number of 64 bits in hexadecimal: its low half, its high half. */
function halves(hex: string): [number, number] {
  if (hex.length <= 8) return [Number.parseInt(hex, 16), 0];
  return [Number.parseInt(hex.slice(-8), 16), Number.parseInt(hex.slice(0, -8).slice(-8), 16)];
}
