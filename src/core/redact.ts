import type { Observation, SyscallObservation } from './observation.ts';

/**
 * Data of others is private: a report shows command names and key prefixes, sizes instead of values.
 * These functions turn captured bytes into something that may be printed.
 */

/** A key up to its first delimiter, or its first four characters: "uuid:…", "good", "sess…". */
export function keyPrefix(key: string, length = key.length): string {
  const delimiter = /^[\w-]{1,24}?[:/.|{]/.exec(key);
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
    'FCALL',
    'SCRIPT',
    'DEBUG',
  ],
  ...['MIGRATE', 'PUBLISH', 'SPUBLISH', 'MODULE', 'SELECT', 'SCAN', 'KEYS', 'INFO', 'COMMAND', 'MONITOR'],
]);

/** What a buffer holds, in words that give no value away: `SADD good <36 B>`, `<bulk of 4 B>`, `GET /get_cache HTTP/1.1`. */
export function describePayload(payload: string, length: number): string {
  const command = COMMAND_WORD.exec(payload);
  if (command) return describeCommand(command[1]!.toUpperCase(), payload.slice(command[0].length), length);
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

function describeCommand(name: string, rest: string, length: number): string {
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
    words.push(words.length === 0 && !NO_KEY.has(name) ? keyPrefix(text, size) : `<${size} B>`);
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
    .map((segment) => (/\d{2,}|^[0-9a-f-]{8,}$|[^\w.~-]|.{25,}/i.test(segment) ? ':id' : segment))
    .join('/');
}

/** Calls whose quoted arguments are paths, as lsof shows them too. */
const TAKES_PATH =
  /^(?:open|openat2?|creat|stat|lstat|newfstatat|statx|access|faccessat2?|rename|renameat2?|unlink|unlinkat|mkdir|mkdirat|rmdir)$/;

/** Quoted text, whole or cut, as strace prints buffers. */
const QUOTED = /"(?:[^"\\]|\\.)*"?/g;

function redactedArgs(call: SyscallObservation): string {
  const name = call.fdName === undefined ? '' : `<${call.fdName}>`;
  if (call.payload !== undefined) {
    return `${call.fd}${name}, ${describePayload(call.payload, call.result ?? call.payload.length)}`;
  }
  return TAKES_PATH.test(call.name) ? call.args : call.args.replace(QUOTED, '"…"');
}

/** A system call as strace prints it, with its data described instead of shown. */
export function redactCall(call: SyscallObservation): string {
  const tid = call.tid === undefined ? '' : `[pid ${call.tid}] `;
  const clock = call.clock === undefined ? '' : `${call.clock} `;
  const result = call.result === undefined ? '' : ` = ${call.result}${call.errno ? ` ${call.errno}` : ''}`;
  const duration = call.durationUs === undefined ? '' : ` <${(call.durationUs / 1e6).toFixed(6)}>`;
  return `${tid}${clock}${call.name}(${redactedArgs(call)})${result}${duration}`;
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
  return text.replace(QUOTED, '"…"');
}
