import { commandName, isCommandName } from './command-names.ts';
import type { Observation, SyscallObservation } from './observation.ts';

/**
 * Data of others is private: a report shows command names and key prefixes, sizes instead of values.
 * These functions turn captured bytes into something that may be printed.
 */

/** What parts of a key are divided by. */
export const KEY_DELIMITERS = ':/.|{';

/** A key up to its first delimiter, or its first four characters: "uuid:…", "good", "sess…". */
export function keyPrefix(key: string, length = key.length): string {
  const delimiter = /^(?!\d{4})[\w-]{1,16}?[:/.|{]/.exec(key);
  const shown = delimiter ? delimiter[0] : key.slice(0, 4);
  const printable = shown.replace(/[^\x20-\x7e]/g, '?');
  return length > shown.length ? `${printable}…` : printable;
}

const COMMAND_WORD = /^\*\d+\r\n\$\d+\r\n([A-Za-z][A-Za-z0-9._|-]*)\r\n/;
const NO_KEY = new Set([
  ...[
    'AUTH',
    'HELLO',
    'CONFIG',
    'ACL',
    'CLIENT',
    'PING',
    'ECHO',
    'EVAL',
    'EVALSHA',
    'EVAL_RO',
    'EVALSHA_RO',
    'FCALL',
    'FCALL_RO',
    'FUNCTION',
    'SCRIPT',
    'DEBUG',
  ],
  ...['MIGRATE', 'PUBLISH', 'SPUBLISH', 'MODULE', 'SELECT', 'SCAN', 'KEYS', 'INFO', 'COMMAND', 'MONITOR'],
]);

/** Whether reports show the beginning of the command's first argument, because it is a key. */
export function showsKey(name: string): boolean {
  return !NO_KEY.has(name);
}

/** What a buffer is known to hold. A reply that lists words looks like a command. */
export type Content = 'command' | 'reply' | 'unknown';

/** Names that are shown where it is not known whether a list is a command; their keys are not. */
const WELL_KNOWN = new Set(
  `GET SET SETEX SETNX MGET MSET DEL UNLINK EXISTS EXPIRE TTL INCR DECR INCRBY APPEND STRLEN SADD SREM SMEMBERS
  SISMEMBER SCARD HGET HSET HGETALL HDEL HMGET LPUSH RPUSH LPOP RPOP LRANGE LLEN BLPOP BRPOP ZADD ZREM ZRANGE ZSCORE
  SCAN SSCAN HSCAN ZSCAN AUTH HELLO CONFIG INFO CLIENT COMMAND SELECT MULTI EXEC EVAL EVALSHA SUBSCRIBE PUBLISH MONITOR
  PSYNC REPLCONF BGREWRITEAOF BGSAVE FLUSHALL FLUSHDB DBSIZE SLOWLOG LATENCY MEMORY`.split(/\s+/),
);

/**
 * What a buffer holds, in words that give no value away: `SADD good <36 B>`, `<bulk of 4 B>`, `GET /get_cache HTTP/1.1`.
 */
export function describePayload(payload: string, length: number, content: Content = 'unknown'): string {
  const command = content === 'reply' ? null : COMMAND_WORD.exec(payload);
  if (command) {
    const name = command[1]!.toUpperCase();
    const rest = payload.slice(command[0].length);
    if (content === 'command') return describeCommand(commandName(name), rest, length, isCommandName(name));
    if (WELL_KNOWN.has(name)) return describeCommand(name, rest, length, false);
  }
  const http = /^([A-Z]+) (\/[^ ?]*)[^ ]* (HTTP\/1\.[01])\r\n/.exec(payload);
  if (http) return `${http[1]} ${publicPath(http[2]!)} ${http[3]}`;
  const status = /^HTTP\/1\.[01] \d{3}/.exec(payload);
  if (status) return status[0];
  const reply = /^(?:\+OK\r\n|\+PONG\r\n|\$-1\r\n|\*-1\r\n|_\r\n|\*0\r\n)/.exec(payload);
  if (reply) return reply[0].trim();
  const error = /^-([A-Z]+) /.exec(payload);
  if (error) return `-${error[1]} …`;
  const header = /^([$*%~])(\d+)\r\n/.exec(payload);
  if (header?.[1] === '$') return `<bulk of ${header[2]} B>`;
  if (header) return `<${header[1] === '%' ? 'map' : header[1] === '~' ? 'set' : 'array'} of ${header[2]}>`;
  if (/^:-?\d+\r\n/.test(payload)) return '<integer>';
  return `<${length} B>`;
}

function describeCommand(name: string, rest: string, length: number, isCommand: boolean): string {
  const hasKey = isCommand && showsKey(name);
  const words: string[] = [];
  let at = 0;
  while (words.length < 4) {
    const header = /\$(\d+)\r\n/y;
    header.lastIndex = at;
    const match = header.exec(rest);
    if (!match) break;
    const size = Number(match[1]);
    const start = header.lastIndex;
    const text = rest.slice(start, start + size);
    words.push(words.length === 0 && hasKey ? keyPrefix(text, size) : `<${size} B>`);
    at = start + size + 2;
  }
  const more = at < rest.length || rest.length + name.length < length - 64 ? ' …' : '';
  return `${name}${words.length > 0 ? ` ${words.join(' ')}` : ''}${words.length === 4 ? more : ''}`;
}

/** A path of a URL without its query, and without segments that could name a person or hold a token. */
export function publicPath(target: string): string {
  return target
    .split(/[?#]/, 1)[0]!
    .split('/')
    .map((segment) => (looksPrivate(segment) ? ':id' : segment))
    .join('/');
}

/** Digits in a row, long hexadecimal, escapes, great length, or kinds of characters in a jumble as in a token. */
function looksPrivate(segment: string): boolean {
  if (/\d{2,}|^[0-9a-f-]{8,}$|[^\w.~-]|.{25,}/i.test(segment)) return true;
  const kinds = segment.replace(/[a-z]/g, 'a').replace(/[A-Z]/g, 'A').replace(/\d/g, '0');
  return (kinds.match(/aA|Aa|a0|0a|A0|0A/g)?.length ?? 0) > MAX_SWITCHES;
}

/** getCacheByType has three humps, and so three of each kind that do not overlap. */
const MAX_SWITCHES = 3;

const SECRET_OPTION =
  /(--?(?:[\w-]*pass(?:word|wd)?|[\w-]*auth|[\w-]*secret|[\w-]*token|requirepass)(?:[= ]+)|\b\w*(?:PASSWORD|PASSWD|SECRET|TOKEN|AUTH)\w*=|\bredis-cli\b.*? -a +)[^\s-]\S*/gi;

/** A command line as ps, top and pidstat -l show it, without the passwords that people put there. */
export function withoutSecrets(line: string): string {
  return line
    .replace(/:\/\/[^\s/@]+@/g, '://…@')
    .replace(SECRET_OPTION, (_all, before: string) => `${before}…`);
}

/** A row of CLIENT LIST without the names that people gave. */
export function withoutClientNames(row: string): string {
  return row.replace(/\b(name|user)=\S+/g, '$1=…');
}

/** Whether the quoted arguments of a call are paths, as lsof shows them too. */
export function takesPath(name: string): boolean {
  return TAKES_PATH.test(name);
}

const TAKES_PATH =
  /^(?:open|openat2?|creat|stat|lstat|newfstatat|statx|access|faccessat2?|rename|renameat2?|unlink|unlinkat|mkdir|mkdirat|rmdir)$/;

/** Quoted text, whole or cut, as strace prints buffers. */
const QUOTED = /"(?:[^"\\]|\\.)*"?/g;

function redactedArgs(call: SyscallObservation, content?: Content): string {
  const name = call.fdName === undefined ? '' : `<${call.fdName}>`;
  if (call.payload !== undefined) {
    return `${call.fd}${name}, ${describePayload(call.payload, call.result ?? call.payload.length, content)}`;
  }
  return takesPath(call.name) ? call.args : call.args.replace(QUOTED, '"…"');
}

/** A system call as strace prints it, with its data described instead of shown. */
export function redactCall(call: SyscallObservation, content?: Content): string {
  const tid = call.tid === undefined ? '' : `[pid ${call.tid}] `;
  const clock = call.clock === undefined ? '' : `${call.clock} `;
  const result = call.result === undefined ? '' : ` = ${call.result}${call.errno ? ` ${call.errno}` : ''}`;
  const duration = call.durationUs === undefined ? '' : ` <${(call.durationUs / 1e6).toFixed(6)}>`;
  return `${tid}${clock}${call.name}(${redactedArgs(call, content)})${result}${duration}`;
}

/** What a tool saw, without the data of others. Only system calls carry any. */
export function redactObservation(item: Observation): Observation {
  if (item.kind !== 'syscall') return item;
  const { payload, ...rest } = item;
  const length = item.result ?? payload?.length ?? 0;
  return {
    ...rest,
    text: redactCall(item),
    args: redactedArgs(item),
    ...(payload === undefined ? {} : { payload: describePayload(payload, length) }),
  };
}

/** A line of a log that could not be read, without what it quotes. */
export function redactQuoted(text: string): string {
  const startsInside = (text.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1 && !/^[^"]*\w\(/.test(text);
  if (startsInside) return '"…"';
  return text.replace(QUOTED, '"…"');
}

/** A program's name without its path and its arguments, which may hold a password. */
export function programOf(command: string): string {
  const program = command.trim().split(/\s/, 1)[0]!;
  return program.slice(program.lastIndexOf('/') + 1) || program;
}
