import type { SyscallObservation } from '../../core/observation.ts';
import { type Channel, directionOf, isFile } from './channel.ts';
import { isConnection } from './exchange.ts';

/** What a thread read from one file between a request and the next one on the same connection. */
export interface FileReading {
  /** The file's path, or "descriptor 7" where it is not known. */
  readonly file: string;
  readonly reads: number;
  readonly bytes: number;
  /** Reads that began where the one before had ended. */
  readonly inSequence: number;
  /** Where each began; fewer than `reads` where the log does not tell. */
  readonly offsets: readonly number[];
  readonly first: SyscallObservation;
  readonly last: SyscallObservation;
  /** Time inside the calls. */
  readonly readUs: number;
}

/** A request on a connection of the target, of whatever protocol, from its bytes to its answer. */
export interface ReadingRequest {
  readonly request: SyscallObservation;
  readonly answer: SyscallObservation;
  readonly answerBytes: number;
  /** The file that most was read from. */
  readonly reading: FileReading;
}

export interface FileReads {
  readonly requests: readonly ReadingRequest[];
  /** Bytes that were read from files, with and without a request. */
  readonly bytes: number;
  /** Microseconds from each request that was seen whole to the end of its answer, whether it read or not. */
  readonly answersUs: readonly number[];
  /** Those for which no request was seen from its beginning to its answer. */
  readonly strayBytes: number;
}

type Growing = { -readonly [K in keyof FileReading]: FileReading[K] } & { offsets: number[] };

interface Open {
  readonly channel: Channel;
  readonly request: SyscallObservation;
  readonly files: Map<string, Growing>;
  answer?: SyscallObservation;
  answerBytes: number;
}

/** Puts the reads of files under the request that the same thread had received last. */
export class FileReader {
  private readonly requests: ReadingRequest[] = [];
  private readonly open = new Map<number | undefined, Open>();
  private readonly answersUs: number[] = [];
  private bytes = 0;
  private answeredBytes = 0;

  /** A call that moved bytes on a channel of the target. */
  data(call: SyscallObservation, channel: Channel): void {
    const inward = directionOf(call) === 'in';
    const moved = call.result ?? 0;
    // What failed, as a read of a socket that has nothing yet, begins no request.
    if (moved <= 0) return;
    if (isFile(channel)) {
      if (inward) this.read(call, channel, moved);
      return;
    }
    if (!isConnection(channel) && channel.role !== 'http-server') return;
    const open = this.open.get(call.tid);
    if (!inward) {
      if (open?.channel !== channel) return;
      open.answer = call;
      open.answerBytes += moved;
      return;
    }
    // More of a request that is still coming in.
    if (open?.channel === channel && !open.answer && open.files.size === 0) return;
    this.close(call.tid);
    this.open.set(call.tid, { channel, request: call, files: new Map(), answerBytes: 0 });
  }

  /** The log has a hole: what was open there is forgotten. */
  interrupt(): void {
    this.open.clear();
  }

  finish(): FileReads {
    for (const tid of [...this.open.keys()]) this.close(tid);
    const { requests, bytes, answersUs } = this;
    return { requests, bytes, answersUs, strayBytes: bytes - this.answeredBytes };
  }

  private read(call: SyscallObservation, channel: Channel, moved: number): void {
    this.bytes += moved;
    const offset = offsetOf(call);
    const open = this.open.get(call.tid);
    if (!open) return;
    const file = channel.name ?? `descriptor ${channel.fd}`;
    const reading = open.files.get(file);
    const readUs = call.durationUs ?? 0;
    if (!reading) {
      const offsets = offset === undefined ? [] : [offset];
      open.files.set(file, {
        ...{ file, reads: 1, bytes: moved, inSequence: 0, offsets, first: call, last: call, readUs },
      });
      return;
    }
    const before = reading.offsets.at(-1);
    if (offset !== undefined) {
      if (before !== undefined && before + (reading.last.result ?? 0) === offset) reading.inSequence++;
      reading.offsets.push(offset);
    }
    reading.reads++;
    reading.bytes += moved;
    reading.readUs += readUs;
    reading.last = call;
  }

  private close(tid: number | undefined): void {
    const open = this.open.get(tid);
    this.open.delete(tid);
    if (!open?.answer) return;
    const [reading] = [...open.files.values()].sort((a, b) => b.bytes - a.bytes);
    if (!reading) return;
    const wallUs = wallOf(open.request, open.answer);
    if (wallUs !== undefined) this.answersUs.push(wallUs);
    for (const { bytes } of open.files.values()) this.answeredBytes += bytes;
    const { request, answer, answerBytes } = open;
    this.requests.push({ request, answer, answerBytes, reading });
  }
}

/** From the end of the read that brought a request to the end of its answer; undefined in a log without times. */
export function wallOf(request: SyscallObservation, answer: SyscallObservation): number | undefined {
  if (request.startUs === undefined || answer.startUs === undefined) return undefined;
  const us = answer.startUs + (answer.durationUs ?? 0) - request.startUs - (request.durationUs ?? 0);
  return us > 0 ? us : undefined;
}

/** pread64(16, "…", 8192, 17809408): only such a call says where it reads. */
function offsetOf({ name, args }: SyscallObservation): number | undefined {
  if (!name.startsWith('pread')) return undefined;
  // preadv2 has flags behind it.
  const text = (name === 'preadv2' ? /, (\d+), \w+$/ : /, (\d+)$/).exec(args)?.[1];
  return text === undefined ? undefined : Number(text);
}
