import type { SyscallObservation } from '../../core/observation.ts';
import type { Channel } from './channel.ts';

/** A stretch in which each read of a connection found more than it had room for: the client sent much in one go. */
export interface Flood {
  readonly channel: Channel;
  readonly first: SyscallObservation;
  last: SyscallObservation;
  reads: number;
  bytes: number;
}

/** A smaller buffer is full of one request at times. */
const LEAST_BUFFER = 4096;

/** The third argument of read, and of recvfrom with its flags and addresses behind it. */
const SIZE = /, (\d+)(?:, (?:0|0x[0-9a-f]+|MSG_[A-Z_|]+)(?:, (?:NULL|0x[0-9a-f]+)){0,2})?$/;

/** Follows the reads of the server's connections, in the order of the log. */
export class Floods {
  readonly all: Flood[] = [];
  private readonly open = new Map<Channel, Flood>();

  read(call: SyscallObservation, channel: Channel): void {
    const { result = 0, args } = call;
    const asked = Number(SIZE.exec(args)?.[1]);
    let flood = this.open.get(channel);
    if (flood) {
      flood.last = call;
      flood.reads++;
      flood.bytes += result;
    } else if (asked >= LEAST_BUFFER && result === asked) {
      flood = { channel, first: call, last: call, reads: 1, bytes: result };
      this.open.set(channel, flood);
      this.all.push(flood);
    }
    if (result !== asked) this.open.delete(channel);
  }

  /** Calls are missing from here on. */
  gap(): void {
    this.open.clear();
  }
}
