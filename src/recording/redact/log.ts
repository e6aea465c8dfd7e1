import { type Channel, directionOf, mapChannels, SYNC_CALLS } from '../../analyzers/derive/channel.ts';
import { Conversation, type ConversationTaps } from '../../analyzers/derive/conversation.ts';
import { lacksBytes } from '../../analyzers/derive/exchange.ts';
import { POLLS } from '../../analyzers/derive/execution.ts';
import { RespReader, type RespTap } from '../../analyzers/derive/resp-reader.ts';
import { type TraceInput, threadGroups, withoutOwn } from '../../analyzers/derive/trace-input.ts';
import { Turns } from '../../analyzers/derive/turns.ts';
import type { DescriptorObservation, SyscallObservation } from '../../core/observation.ts';
import { takesPath } from '../../core/redact.ts';
import { parseStrace, type StraceItem } from '../../probes/strace.ts';
import { unescapeBytes, VECTOR_CALL } from '../../probes/strace-line.ts';
import { redactHttp } from './http.ts';
import { escapeBytes, type QuotedString, replaceStrings } from './lines.ts';
import { PayloadWriter, type Piece } from './payload.ts';
import { masked, redactLine } from './protocol.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { SECRET_COMMANDS } from './words.ts';

export interface LogToRedact {
  /** In strace's words. */
  readonly text: string;
  /** Thread id, process id. */
  readonly threads: readonly (readonly [number, number])[];
  readonly targetPid?: number;
  /** The target's descriptors of connections that are perfcase's own. */
  readonly ownFds?: readonly number[];
  readonly descriptors: readonly DescriptorObservation[];
}

/** In place of a line that was not understood. */
const NOT_UNDERSTOOD = '? a line that was not understood';

/**
 * A log of system calls in which every payload is written anew: commands, structure, lengths and what reports show of
 * keys stay, everything else is replaced so that equal stays equal. What is derived from it is what is derived from
 * the original, because the same readers say what each byte is; what they do not understand is masked. As many lines
 * as before.
 */
export function redactLog(log: LogToRedact, pseudonyms: Pseudonyms): string {
  const { items } = parseStrace(log.text);
  const payloads = new PayloadFinder(items, log).find();
  const writer = new PayloadWriter(pseudonyms);
  for (const [call, pieces] of payloads) writer.learn(pieces, call.payload!);
  for (const pieces of payloads.values()) writer.compare(pieces);
  for (const pieces of payloads.values()) writer.settle(pieces);
  const lines = log.text.split('\n');
  const result = new Array<string | undefined>(lines.length);
  for (const item of items) {
    if (item.kind === 'syscall') continue;
    result[item.line - 1] = replaceStrings(lines[item.line - 1]!, maskString);
  }
  for (const item of items) {
    if (item.kind !== 'syscall') continue;
    const pieces = payloads.get(item);
    const shown = item.payload === undefined ? undefined : writer.write(pieces ?? [], item.payload);
    const strings = new CallStrings(item, shown);
    for (const line of [item.line, item.resumedLine]) {
      if (line !== undefined)
        result[line - 1] = replaceStrings(lines[line - 1]!, (each) => strings.next(each));
    }
  }
  return lines.map((line, index) => result[index] ?? (line.trim() === '' ? '' : NOT_UNDERSTOOD)).join('\n');
}

function maskString({ raw }: QuotedString): string {
  return masked(unescapeBytes(raw));
}

const ADDRESSED = /^(?:connect|bind|accept4?|getpeername|getsockname)$/;
const ADDRESS = /(?:sun_path=@?|inet_addr\(|inet_pton\(AF_INET6, )$/;

/** The strings of one call, in order: those that hold its payload, paths and addresses, and the others. */
class CallStrings {
  private offset = 0;
  private over = false;

  /** @param payload what takes the place of the call's payload; undefined for a call without one */
  constructor(
    private readonly call: SyscallObservation,
    private readonly payload: string | undefined,
  ) {}

  next(string: QuotedString): string {
    const { name } = this.call;
    if (takesPath(name)) return string.raw;
    if (ADDRESSED.test(name) && ADDRESS.test(string.before.slice(-40))) return string.raw;
    const bytes = unescapeBytes(string.raw).length;
    if (this.payload === undefined || this.over || !this.holdsPayload(string)) return 'x'.repeat(bytes);
    const part = this.payload.slice(this.offset, this.offset + bytes);
    this.offset += bytes;
    this.over = string.cut || !VECTOR_CALL.test(name);
    return escapeBytes(part.padEnd(bytes, 'x'));
  }

  private holdsPayload({ before }: QuotedString): boolean {
    return !VECTOR_CALL.test(this.call.name) || before.endsWith('{iov_base=') || before.endsWith('{');
  }
}

/** Runs the readers of the derivation over the log, and notes what they say of each payload. */
class PayloadFinder {
  private readonly found = new Map<SyscallObservation, Piece[]>();
  private readonly conversations = new Map<Channel, Conversation>();
  private readonly appends = new Map<Channel, RespReader<null>>();
  private readonly turns = new Turns();
  private current: Piece[] = [];

  constructor(
    private readonly items: readonly StraceItem[],
    private readonly log: LogToRedact,
  ) {}

  /** The pieces of the payload of each call that moved bytes; none where nothing was understood. */
  find(): Map<SyscallObservation, Piece[]> {
    const { threads, targetPid, ownFds, descriptors } = this.log;
    const given: TraceInput = {
      ...{ items: this.items, source: 'strace', groups: new Map(threads), descriptors },
      ...(targetPid === undefined ? {} : { targetPid }),
      ...(ownFds ? { ownFds } : {}),
    };
    const { pidOf, target } = threadGroups(given);
    const { items } = withoutOwn(given, { pidOf, target });
    if (lacksBytes(items)) return this.found;
    const { channelAt } = mapChannels(items, pidOf, descriptors);
    for (const [index, call] of items.entries()) {
      if (call.kind !== 'syscall') {
        if (call.event === 'gap') for (const each of this.conversations.values()) each.interrupt();
        continue;
      }
      if (POLLS.has(call.name)) this.turns.waits(call.tid);
      const channel = channelAt[index];
      // What the derivation passes over, nobody has understood.
      if (!channel || SYNC_CALLS.has(call.name)) continue;
      if (call.result !== undefined ? call.result <= 0 : call.payload === undefined) continue;
      this.current = [];
      this.read(call, channel);
      if (call.payload !== undefined) this.found.set(call, this.current);
    }
    return this.found;
  }

  private read(call: SyscallObservation, channel: Channel): void {
    const inward = directionOf(call) === 'in';
    switch (channel.role) {
      case 'resp-server':
        if (inward) this.conversation(channel).request(call);
        else this.conversation(channel).answer(call);
        return;
      case 'resp-client':
        if (inward) this.conversation(channel).answer(call);
        else this.conversation(channel).request(call);
        return;
      case 'append-log':
        if (!inward) this.append(call, channel);
        return;
      case 'http-server':
        if (call.payload !== undefined)
          this.current.push({ kind: 'text', from: 0, text: redactHttp(call.payload) });
        return;
      case 'other':
        return;
      default:
        channel.role satisfies never;
    }
  }

  private conversation(channel: Channel): Conversation {
    const known = this.conversations.get(channel);
    if (known) return known;
    const taps: ConversationTaps = {
      requests: this.tap(true, () => false),
      replies: this.tap(false, () => SECRET_COMMANDS.has(conversation.pending[0]?.name ?? '')),
      inline: () => {
        this.current.push({ kind: 'inline' });
      },
    };
    const side = channel.role === 'resp-server' ? 'server' : 'client';
    const turns = side === 'server' ? this.turns : undefined;
    const conversation = new Conversation(channel, side, () => undefined, taps, turns);
    this.conversations.set(channel, conversation);
    return conversation;
  }

  private append(call: SyscallObservation, channel: Channel): void {
    let reader = this.appends.get(channel);
    if (!reader) {
      reader = new RespReader<null>(
        () => undefined,
        this.tap(true, () => false),
      );
      this.appends.set(channel, reader);
    }
    const payload = call.payload ?? '';
    if (reader.lost && payload.startsWith('*')) reader.resync();
    reader.push(payload, Math.max(payload.length, call.result ?? payload.length), null);
  }

  private tap(isRequest: boolean, isSecret: () => boolean): RespTap {
    return {
      header: (line, from, to) => {
        const text = redactLine(line).slice(line.length - (to - from));
        this.current.push({ kind: 'text', from, text });
      },
      bulk: (value, offset, from, to, place) => {
        this.current.push({ kind: 'bulk', value, offset, from, to, place, isRequest, isSecret: isSecret() });
      },
    };
  }
}
