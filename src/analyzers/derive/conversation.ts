import { commandName, UNKNOWN_COMMAND } from '../../core/command-names.ts';
import type { SyscallObservation } from '../../core/observation.ts';
import type { Channel } from './channel.ts';
import { isBlocking } from './command-table.ts';
import type { Command } from './rebuilt.ts';
import { commandWords, RespReader, type RespTap, type RespValue } from './resp-reader.ts';
import { Silence } from './silence.ts';
import { lengthOf, type Stamp, stampOf } from './stamp.ts';
import type { Turns } from './turns.ts';
import { isCheck, TypedLines } from './typed-lines.ts';

export type { Append, Command, Sync } from './rebuilt.ts';

/** Told what the bytes of a conversation were taken for. */
export interface ConversationTaps {
  readonly requests: RespTap;
  readonly replies: RespTap;
  /** A whole payload of commands as people type them. */
  inline(payload: string): void;
}

const STREAMING = new Set(['MONITOR', 'SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'PSYNC', 'SYNC']);
/** In RESP3 these are answered by pushes, and other commands go on beside them. */
const SUBSCRIBING = /^[PS]?(?:UN)?SUBSCRIBE$/;
/** How a request begins, as far as it was read. */
const REQUEST_BEGIN = /^\*(?:\d*\r?$|\d+\r\n(?:\$|$))/;

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
  private readonly typed = new TypedLines();
  /** What was read last has been answered: the next read begins a message. */
  private quiet: boolean;
  /** Commands that wait for a reply before one that was not understood, whose replies nobody can tell apart. */
  private unread: number | undefined;
  /** Commands since a moment at which others may have waited for their replies unseen; undefined when none did. */
  private doubtful: Command[] | undefined;
  private readonly silence = new Silence();
  /** It speaks RESP3. */
  private pushes = false;

  /** @param side which end of the connection was traced */
  constructor(
    readonly channel: Channel,
    readonly side: 'server' | 'client',
    private readonly onCommand: (command: Command) => void,
    private readonly taps?: ConversationTaps,
    private readonly turns?: Turns,
  ) {
    this.quiet = channel.accepted;
    if (!channel.accepted) this.doubtful = [];
    this.requests = new RespReader<Stamp>(
      (message) => this.command(message.value, message.last),
      taps?.requests,
    );
    this.replies = new RespReader<Stamp>(
      (message) => this.reply(message.value, message.first, message.last),
      taps?.replies,
    );
  }

  /** Bytes of requests that were not captured or not understood: commands may be missing. */
  get lostBytes(): number {
    return this.requests.lostBytes + this.typed.half;
  }

  request(call: SyscallObservation): void {
    this.dropUnanswered(call);
    if (this.quiet && this.doubtful?.length !== 0) this.doubtful = undefined;
    const payload = call.payload ?? '';
    // After a gap the next request begins with the next read.
    if ((this.requests.lost || this.requestCut) && REQUEST_BEGIN.test(payload)) this.requests.resync();
    if (this.replies.lost || (this.unread !== undefined && this.quiet)) {
      this.pending.length = 0;
      this.unread = undefined;
    }
    // Half a reply that nobody waits for answered a command that was not seen.
    if (this.pending.length === 0) this.replies.resync();
    const length = lengthOf(call) ?? payload.length;
    this.requestCut = lengthOf(call) === undefined;
    const isTyped = this.mayBeTyped(payload) && this.inline(payload, length, call);
    this.quiet = false;
    if (isTyped) return;
    this.requests.push(payload, length, stampOf(call, this.turns));
    if (this.requestCut) this.salvage(payload, call);
    if (!this.requests.lost) return;
    this.unread ??= this.pending.length;
    this.silence.lose();
  }

  /** The end of a value may look like a command typed by hand, where the place in the stream is not sure. */
  private mayBeTyped(payload: string): boolean {
    if (this.typed.half > 0) return true;
    if (this.quiet) return this.requests.atBoundary || this.requests.lost;
    return this.requests.atBoundary && (!this.isStart || isCheck(payload));
  }

  answer(call: SyscallObservation): void {
    const payload = call.payload ?? '';
    this.quiet = true;
    if (payload.startsWith('>')) this.pushed();
    // Half a push may have come before.
    const isPush = payload.startsWith('>') || !(this.replies.atBoundary || this.replies.lost);
    if (this.unread === 0) return;
    if (this.streaming || (this.pending.length === 0 && !isPush)) {
      this.orphan(payload);
      return;
    }
    this.replies.push(payload, lengthOf(call) ?? payload.length, stampOf(call, this.turns));
  }

  /** A push shows that it speaks RESP3, where a subscriber's other commands are answered as ever. */
  private pushed(): void {
    if (this.pushes || this.commands.some(({ name }) => name === 'MONITOR' || name.endsWith('SYNC'))) return;
    this.pushes = true;
    if (!this.streaming) return;
    this.streaming = false;
    this.pending.splice(
      0,
      this.pending.length,
      ...this.pending.filter(({ name }) => !SUBSCRIBING.test(name)),
    );
  }

  /** A server answers what it has read before it waits for more: what it has not by then was answered unseen. */
  private dropUnanswered({ tid }: SyscallObservation): void {
    if (!this.turns?.areKept || !this.replies.atBoundary) return;
    while (this.pending.length > 0) {
      const { call, turn, name } = this.pending[0]!;
      if (turn === undefined || call.tid !== tid || turn >= this.turns.now(tid) || isBlocking(name)) return;
      this.shift();
      this.holes++;
    }
  }

  private shift(): Command | undefined {
    if (this.unread !== undefined) this.unread--;
    return this.pending.shift();
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
    if (this.doubtful) this.retract();
    else this.holes++;
  }

  /** There were more replies than commands: they began with those of commands that were asked before. */
  private retract(): void {
    for (const command of this.doubtful ?? []) {
      delete command.reply;
      delete command.replyCall;
      delete command.repliedUs;
      delete command.replyEndUs;
    }
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
    this.requests.lostBytes += this.typed.half;
    this.typed.clear();
    this.unread = undefined;
    this.quiet = false;
    this.doubtful = [];
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
    this.command({ type: '*', length: words.length, items: words }, stampOf(call, this.turns));
  }

  /** @returns whether it was commands typed by hand */
  private inline(payload: string, length: number, call: SyscallObservation): boolean {
    const { half } = this.typed;
    const lines = this.typed.read(payload);
    if (!lines || payload.length < length) {
      this.typed.clear();
      if (half > 0) this.requests.loseTrack();
      this.requests.lostBytes += half;
      return false;
    }
    this.requests.resync();
    this.taps?.inline(payload);
    for (const words of lines) {
      const items = words.map((text): RespValue => ({ type: '$', text, length: text.length }));
      this.command({ type: '*', length: items.length, items }, stampOf(call, this.turns));
    }
    return true;
  }

  private command(value: RespValue, at: Stamp): void {
    const words = commandWords(value);
    if (!words) return;
    const [name, ...args] = words;
    const pipelined = this.lastCommandCall === at.call;
    if (pipelined) this.commands.at(-1)!.pipelined = true;
    const command: Command = {
      conversation: this,
      name: nameOf(name!),
      args,
      call: at.call,
      ...(at.us === undefined ? {} : { atUs: at.us }),
      heldBy: [],
      pipelined,
      ...(this.turns ? { turn: this.turns.now(at.call.tid) } : {}),
    };
    this.lastCommandCall = at.call;
    if (command.name === 'HELLO' && args[0]?.text === '3') this.pushes = true;
    const isPushed = this.pushes && SUBSCRIBING.test(command.name);
    if (STREAMING.has(command.name) && !isPushed) this.streaming = true;
    this.commands.push(command);
    this.doubtful?.push(command);
    if (!isPushed && !this.silence.covers(command.name, args)) this.pending.push(command);
    this.onCommand(command);
  }

  private reply(value: RespValue, first: Stamp, last: Stamp): void {
    if (value.type === '>' || value.type === '|' || this.unread === 0) return;
    this.noteTurn(first.call);
    const command = this.shift();
    if (!command) {
      this.retract();
      return;
    }
    command.reply = value;
    command.replyCall = first.call;
    if (first.call.startUs !== undefined) {
      command.repliedUs = first.call.startUs;
      const { call } = first.turn === last.turn ? last : first;
      command.replyEndUs = (call.startUs ?? first.call.startUs) + (call.durationUs ?? 0);
    }
  }
}

/** The name of a command; what was cut may be the beginning of another's. */
export function nameOf(word: RespValue): string {
  return word.cut ? UNKNOWN_COMMAND : commandName(word.text ?? '');
}
