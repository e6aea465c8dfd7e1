import type { SyscallObservation } from '../../core/observation.ts';
import type { Channel } from './channel.ts';
import type { Conversation } from './conversation.ts';
import type { RespValue } from './resp-reader.ts';

/** A command on a connection, with its reply when it was seen. Times in microseconds on the log's clock. */
export interface Command {
  readonly conversation: Conversation;
  /** Upper case: "SADD"; "(unknown)" for a word that is no command. */
  readonly name: string;
  /** Without the name. */
  readonly args: readonly RespValue[];
  /** The call that brought its last byte. */
  readonly call: SyscallObservation;
  /** When its last byte had moved: read by the server, or sent by the client. Absent in a log without times. */
  readonly atUs?: number;
  reply?: RespValue;
  replyCall?: SyscallObservation;
  /** When its reply began to move. */
  repliedUs?: number;
  /** When its reply had moved, as far as it went in the turn in which it began; the rest waits for the client. */
  replyEndUs?: number;
  /** Syncs on the serving thread that stood between the command and its reply. */
  heldBy: Sync[];
  /** It came in one read together with another command. */
  pipelined: boolean;
  /** The turn of the event loop in which a traced server read it. */
  readonly turn?: number;
}

/** A sync call. */
export interface Sync {
  readonly call: SyscallObservation;
  readonly channel: Channel;
  readonly startUs?: number;
  readonly durationUs?: number;
  /** True when the thread that appended and replies made it; false for a thread in the background. */
  readonly foreground: boolean;
  /** Commands that had been read and not answered when it began. */
  readonly held: Command[];
}

/** A write to an append-only log. */
export interface Append {
  readonly call: SyscallObservation;
  readonly channel: Channel;
  /** Names of the commands in it. */
  readonly commands: string[];
  /** The sync of the same descriptor that followed on the same thread before any reply was sent. */
  sync?: Sync;
}
