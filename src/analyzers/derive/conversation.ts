import { commandName } from '../../core/command-names.ts';
import type { SyscallObservation } from '../../core/observation.ts';
import type { Channel } from './channel.ts';
import { isBlocking, isKnown } from './command-table.ts';
import { commandWords, RespReader, type RespTap, type RespValue } from './resp-reader.ts';
import type { Turns } from './turns.ts';

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
  /** When its reply had moved. */
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

interface Stamp {
  readonly call: SyscallObservation;
  readonly us?: number;
}

/** Told what the bytes of a conversation were taken for. */
export interface ConversationTaps {
  readonly requests: RespTap;
  readonly replies: RespTap;
  /** A whole payload of commands as people type them. */
  inline(payload: string): void;
}

const STREAMING = new Set(['MONITOR', 'SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'PSYNC', 'SYNC']);

/** One connection that speaks RESP, seen from one end: its commands, each paired with its reply. */
export class Conversation {
  readonly commands: Command[] = [];
  readonly pending: Command[] = [];
  /** A MONITOR, a subscriber or a replica: what goes out answers no command. */
  streaming = false;
  /** Replies that answered nothing that was seen, and commands that were never answered: calls are missing from the log. */
  holes = 0;
  private readonly requests: RespReader<Stamp>;
  private readonly replies: RespReader<Stamp>;
  private lastCommandCall: SyscallObservation | undefined;
  private requestCut = false;

  /** @param side which end of the connection was traced */
  constructor(
    readonly channel: Channel,
    readonly side: 'server' | 'client',
    private readonly onCommand: (command: Command) => void,
    private readonly taps?: ConversationTaps,
    private readonly turns?: Turns,
  ) {
    this.requests = new RespReader<Stamp>(
      (message) => this.command(message.value, message.last),
      taps?.requests,
    );
    this.replies = new RespReader<Stamp>(
      (message) => this.reply(message.value, message.first),
      taps?.replies,
    );
  }

  /** Bytes of requests that were not captured or not understood: commands may be missing. */
  get lostBytes(): number {
    return this.requests.lostBytes;
  }

  request(call: SyscallObservation): void {
    this.dropUnanswered(call);
    const payload = call.payload ?? '';
    // After a gap the next request begins with the next read.
    if ((this.requests.lost || this.requestCut) && payload.startsWith('*')) this.requests.resync();
    if (this.replies.lost) this.pending.length = 0;
    // Half a reply that nobody waits for answered a command that was not seen.
    if (this.pending.length === 0) this.replies.resync();
    this.requestCut = lengthOf(call) === undefined;
    if (this.requests.atBoundary && isKnown(/^[A-Za-z]+/.exec(payload)?.[0] ?? '')) {
      this.inline(payload, call);
      return;
    }
    this.requests.push(payload, lengthOf(call) ?? payload.length, stamp(call));
    if (this.requestCut) this.salvage(payload, call);
  }

  answer(call: SyscallObservation): void {
    const payload = call.payload ?? '';
    if (this.streaming || this.pending.length === 0) {
      this.orphan(payload);
      return;
    }
    this.replies.push(payload, lengthOf(call) ?? payload.length, stamp(call));
  }

  /** A server answers what it has read before it waits for more: what it has not by then was answered unseen. */
  private dropUnanswered({ tid }: SyscallObservation): void {
    if (!this.turns?.areKept || !this.replies.atBoundary) return;
    while (this.pending.length > 0) {
      const { call, turn, name } = this.pending[0]!;
      if (turn === undefined || call.tid !== tid || turn >= this.turns.now(tid) || isBlocking(name)) return;
      this.pending.shift();
      this.holes++;
    }
  }

  /** A reply came. Where several commands wait for one, another reply may have been missed: then the last one tells. */
  private noteTurn({ tid }: SyscallObservation): void {
    const last = this.pending.at(-1);
    if (!this.turns || last?.turn === undefined || last.call.tid !== tid || isBlocking(last.name)) return;
    const isSame = last.turn === this.turns.now(tid);
    if (isSame || this.pending.length === 1) this.turns.answered(isSame);
  }

  /** A reply to nothing: its request was not seen. What a server pushes answers nothing either. */
  private orphan(payload: string): void {
    if (this.streaming || this.isStart || !this.replies.atBoundary || !/^[+:$*_,#%~-]/.test(payload)) return;
    this.taps?.replies.header(payload.charAt(0), 0, 1);
    this.holes++;
  }

  /** Nothing was asked yet: the first reply may answer what was asked before the log began. */
  private get isStart(): boolean {
    return this.lastCommandCall === undefined;
  }

  /** Calls are missing from here on: what was asked before is not answered behind the gap. */
  interrupt(): void {
    this.pending.length = 0;
    // Whatever comes next may be the middle of a message.
    this.requests.loseTrack();
    this.replies.resync();
    this.requestCut = false;
    this.lastCommandCall = undefined;
  }

  /** A command of a log that shows neither its whole text nor its length: what is there is still a command. */
  private salvage(payload: string, call: SyscallObservation): void {
    if (this.requests.atBoundary) return;
    const words = [...payload.matchAll(/\$(\d+)\r\n([^\r]*)/g)].map(
      ([, length, text]): RespValue => ({
        ...{ type: '$', length: Number(length), text: text! },
        ...(text!.length < Number(length) ? { cut: true } : {}),
      }),
    );
    this.requests.resync();
    this.command({ type: '*', length: words.length, items: words }, stamp(call));
  }

  private inline(payload: string, call: SyscallObservation): void {
    this.taps?.inline(payload);
    for (const line of payload.split(/\r?\n/)) {
      if (line === '') continue;
      const items = line.split(' ').map((text): RespValue => ({ type: '$', text, length: text.length }));
      this.command({ type: '*', length: items.length, items }, stamp(call));
    }
  }

  private command(value: RespValue, at: Stamp): void {
    const words = commandWords(value);
    if (!words) return;
    const [name, ...args] = words;
    const pipelined = this.lastCommandCall === at.call;
    if (pipelined) this.commands.at(-1)!.pipelined = true;
    const command: Command = {
      conversation: this,
      name: commandName(name!.text!),
      args,
      call: at.call,
      ...(at.us === undefined ? {} : { atUs: at.us }),
      heldBy: [],
      pipelined,
      ...(this.turns ? { turn: this.turns.now(at.call.tid) } : {}),
    };
    this.lastCommandCall = at.call;
    if (STREAMING.has(command.name)) this.streaming = true;
    this.commands.push(command);
    this.pending.push(command);
    this.onCommand(command);
  }

  private reply(value: RespValue, first: Stamp): void {
    if (value.type === '>' || value.type === '|') return;
    this.noteTurn(first.call);
    const command = this.pending.shift();
    if (!command) return;
    command.reply = value;
    command.replyCall = first.call;
    if (first.call.startUs !== undefined) {
      command.repliedUs = first.call.startUs;
      command.replyEndUs = first.call.startUs + (first.call.durationUs ?? 0);
    }
  }
}

/** Bytes that really moved: the result, or for a write copied without its result the count that was asked for. */
export function lengthOf(call: SyscallObservation): number | undefined {
  if (call.result !== undefined) return Math.max(0, call.result);
  const count = /^(?:write|send|sendto)$/.test(call.name) ? /"(?:\.\.\.)?, (\d+)/.exec(call.args) : null;
  return count ? Number(count[1]) : undefined;
}

function stamp(call: SyscallObservation): Stamp {
  return call.startUs === undefined ? { call } : { call, us: call.startUs + (call.durationUs ?? 0) };
}
