import { KEY_DELIMITERS } from '../../core/redact.ts';
import { classOf, isWrite, keyOf } from './command-table.ts';
import type { Command, Conversation } from './conversation.ts';
import { bulkTexts, type RespValue } from './resp-reader.ts';

/** A write whose arguments carry what the same connection had just read. */
export interface DerivedWrite {
  readonly write: Command;
  readonly read: Command;
  /** The written key is the value that was read. */
  readonly keyFromValue: boolean;
  /** A written member is part of the key that was read. */
  readonly memberFromKey: boolean;
  /** A written argument is the value that was read. */
  readonly valueCopied: boolean;
  /** The key that was read had been listed by SCAN or KEYS on this connection. */
  readonly listed: boolean;
}

/**
 * A key that a connection filled with what it had read, read back and deleted. Where nothing of it had been read, it
 * is a buffer that is flushed, or an index of keys that are forgotten together.
 */
export interface ScratchUse {
  readonly key: string;
  readonly writes: Command[];
  readonly readBack: Command;
  readonly deleted: Command;
}

/** How many commands a write may come after the read it was derived from. */
const LOOK_BACK = 8;
/** Shorter equal texts are chance: "1", "ok". */
const MIN_OVERLAP = 3;
const MAX_LISTED = 200_000;

/** What one connection did with what it read. Computed once per conversation. */
export interface Patterns {
  readonly conversation: Conversation;
  readonly derived: DerivedWrite[];
  readonly scratch: ScratchUse[];
  /** Reads of one key whose key an earlier list reply had named. */
  readonly listedReads: Command[];
  readonly reads: number;
  readonly writes: number;
  readonly pops: number;
}

export function findPatterns(conversation: Conversation): Patterns {
  const listed = new Set<string>();
  const derived: DerivedWrite[] = [];
  const carriers = new Set<Command>();
  const scratch: ScratchUse[] = [];
  const listedReads: Command[] = [];
  const filled = new Map<string, Command[]>();
  const readBack = new Map<string, Command>();
  const recent: Command[] = [];
  let reads = 0;
  let writes = 0;
  let pops = 0;
  for (const command of conversation.commands) {
    const kind = classOf(command.name);
    const key = keyOf(command.name, command.args);
    if (kind === 'read-one' || kind === 'read-many' || kind === 'scan') {
      reads++;
      if (kind === 'read-one' && isListed(key, listed)) listedReads.push(command);
      if (key?.text !== undefined && filled.has(key.text)) readBack.set(key.text, command);
      rememberList(command, listed);
    } else if (isWrite(command.name)) {
      writes++;
      if (kind === 'pop') pops++;
      const text = key?.text;
      if (text !== undefined && (command.name === 'DEL' || command.name === 'UNLINK')) {
        const back = readBack.get(text);
        const fills = filled.get(text);
        if (back && fills?.some((write) => carriers.has(write))) {
          scratch.push({ key: text, writes: fills, readBack: back, deleted: command });
        }
        filled.delete(text);
        readBack.delete(text);
      } else if (text !== undefined) {
        const fills = filled.get(text);
        if (fills) fills.push(command);
        else filled.set(text, [command]);
        const found = derivation(command, key!, recent, listed);
        if (found) {
          derived.push(found);
          carriers.add(command);
        }
      }
    }
    recent.push(command);
    if (recent.length > LOOK_BACK) recent.shift();
  }
  return { conversation, derived, scratch, listedReads, reads, writes, pops };
}

function derivation(
  write: Command,
  key: RespValue,
  recent: readonly Command[],
  listed: ReadonlySet<string>,
): DerivedWrite | undefined {
  for (let at = recent.length - 1; at >= 0; at--) {
    const read = recent[at]!;
    if (classOf(read.name) !== 'read-one') continue;
    const readKey = keyOf(read.name, read.args);
    if (!readKey || !isHit(read.reply) || sameText(readKey, key)) continue;
    const value = read.reply?.type === '$' ? read.reply : undefined;
    const others = write.args.filter((arg) => arg !== key);
    const result = {
      keyFromValue: value !== undefined && sameText(value, key),
      memberFromKey: others.some((arg) => isSuffix(readKey, arg)),
      valueCopied: value !== undefined && others.some((arg) => sameText(value, arg)),
    };
    if (result.keyFromValue || result.memberFromKey || result.valueCopied) {
      return { write, read, ...result, listed: isListed(readKey, listed) };
    }
  }
  return undefined;
}

/** A reply that brought something: not null, not an error, not empty. */
export function isHit(reply: RespValue | undefined): boolean {
  if (!reply || reply.type === '_' || reply.type === '-' || reply.length === -1) return false;
  return reply.length !== 0;
}

/** Equal as far as both were captured, and of equal real length. */
function sameText(a: RespValue, b: RespValue): boolean {
  if (a.text === undefined || b.text === undefined || a.length !== b.length) return false;
  const shown = Math.min(a.text.length, b.text.length);
  return shown >= MIN_OVERLAP && a.text.slice(0, shown) === b.text.slice(0, shown);
}

/**
 * Whether `part` is `whole`, or its end behind a delimiter of keys: uuid:5352… and 5352…, judged by lengths where the
 * text was cut.
 */
function isSuffix(whole: RespValue, part: RespValue): boolean {
  if (whole.text === undefined || part.text === undefined) return false;
  const offset = (whole.length ?? 0) - (part.length ?? 0);
  if (offset < 0 || (part.length ?? 0) < MIN_OVERLAP) return false;
  if (offset > 0 && !KEY_DELIMITERS.includes(whole.text.charAt(offset - 1))) return false;
  const shown = whole.text.slice(offset, offset + part.text.length);
  return shown.length >= MIN_OVERLAP && part.text.startsWith(shown);
}

function isListed(key: RespValue | undefined, listed: ReadonlySet<string>): boolean {
  if (key?.text === undefined || key.cut) return false;
  if (listed.has(key.text)) return true;
  const part = key.text.slice(key.text.lastIndexOf(':') + 1);
  return part.length >= 4 && listed.has(part);
}

const LISTS = new Set([
  ...[
    'SCAN',
    'SSCAN',
    'ZSCAN',
    'HSCAN',
    'KEYS',
    'SMEMBERS',
    'LRANGE',
    'ZRANGE',
    'ZREVRANGE',
    'ZRANGEBYSCORE',
    'HKEYS',
  ],
  ...['SINTER', 'SUNION', 'SDIFF', 'SORT'],
]);

function rememberList(command: Command, listed: Set<string>): void {
  if (!LISTS.has(command.name) || !command.reply?.items) return;
  if (listed.size > MAX_LISTED) listed.clear();
  for (const text of bulkTexts(command.reply)) if (text.length >= 2) listed.add(text);
}

const computed = new WeakMap<object, Patterns[]>();

/** The patterns of every conversation of a trace; computed once. */
export function patternsOf(trace: { readonly conversations: readonly Conversation[] }): Patterns[] {
  let patterns = computed.get(trace);
  if (!patterns) {
    patterns = trace.conversations.map(findPatterns);
    computed.set(trace, patterns);
  }
  return patterns;
}
