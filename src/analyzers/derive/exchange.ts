import type { SyscallObservation } from '../../core/observation.ts';
import { type Channel, directionOf, isSocketType } from './channel.ts';
import { type Command, Conversation } from './conversation.ts';
import type { StraceItem } from './trace-input.ts';

/**
 * A connection of which only the numbers of calls are known, not the bytes: what perf shows. Each read brings a request
 * of unknown content, and the next write answers it. Enough to tell for how long requests waited, and for which sync.
 */
export class Exchange extends Conversation {
  constructor(channel: Channel) {
    super(channel, 'server', () => undefined);
  }

  override request(call: SyscallObservation): void {
    const command: Command = {
      ...{ conversation: this, name: UNKNOWN, args: [], call, heldBy: [], pipelined: false },
      ...(call.startUs === undefined ? {} : { atUs: call.startUs + (call.durationUs ?? 0) }),
    };
    this.commands.push(command);
    this.pending.push(command);
  }

  override answer(call: SyscallObservation): void {
    for (const command of this.pending.splice(0)) {
      command.replyCall = call;
      if (call.startUs === undefined) continue;
      command.repliedUs = call.startUs;
      command.replyEndUs = call.startUs + (call.durationUs ?? 0);
    }
  }

  override interrupt(): void {
    this.pending.length = 0;
  }
}

/** No command is called so. */
const UNKNOWN = '';

/** Whether a log shows that bytes moved, and none of them. */
export function lacksBytes(items: readonly StraceItem[]): boolean {
  let moved = false;
  for (const call of items) {
    if (call.kind !== 'syscall' || !(call.result! > 0) || directionOf(call) === undefined) continue;
    if (call.payload !== undefined) return false;
    moved = true;
  }
  return moved;
}

/** As strace -y and -yy print it. */
const SOCKET_NAME = /^(?:socket|TCP|TCPv6|UNIX|UNIX-STREAM):/;

/** A socket, as far as that is known without its bytes. */
export function isConnection({ accepted, descriptor, name }: Channel): boolean {
  return accepted || isSocketType(descriptor?.type) || SOCKET_NAME.test(name ?? '');
}
