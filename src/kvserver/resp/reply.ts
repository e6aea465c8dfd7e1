/**
 * Replies, encoded as byte strings (latin1). Concatenation of strings is what V8 does best, so a reply is a
 * plain string from the command to the socket. Types that RESP3 added fall back to what RESP2 clients expect.
 */

export type Resp = 2 | 3;

export const OK = '+OK\r\n';
export const PONG = '+PONG\r\n';
export const QUEUED = '+QUEUED\r\n';
export const EMPTY_ARRAY = '*0\r\n';
export const ZERO = ':0\r\n';
export const ONE = ':1\r\n';
/** The command answers later, or has written its replies itself. */
export const NO_REPLY = '';

export function simple(text: string): string {
  return `+${text}\r\n`;
}

/** An error line, its code first: "ERR syntax error". Line breaks would break the protocol. */
export function error(message: string): string {
  return `-${message.replace(/[\r\n]/g, ' ')}\r\n`;
}

export function integer(value: number | bigint): string {
  return `:${value}\r\n`;
}

export function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** `items` are encoded already. */
export function array(items: readonly string[]): string {
  return `*${items.length}\r\n${items.join('')}`;
}

export function bulks(texts: readonly string[]): string {
  let out = `*${texts.length}\r\n`;
  for (const text of texts) out += `$${text.length}\r\n${text}\r\n`;
  return out;
}

/** No such key, no such element. */
export function nil(resp: Resp): string {
  return resp === 3 ? '_\r\n' : '$-1\r\n';
}

/** No list at all: a popped nothing, an aborted transaction. */
export function nilArray(resp: Resp): string {
  return resp === 3 ? '_\r\n' : '*-1\r\n';
}

/** `flat` is key, value, key, value …, encoded already. */
export function map(resp: Resp, flat: readonly string[]): string {
  return `${resp === 3 ? `%${flat.length / 2}` : `*${flat.length}`}\r\n${flat.join('')}`;
}

export function set(resp: Resp, texts: readonly string[]): string {
  let out = `${resp === 3 ? '~' : '*'}${texts.length}\r\n`;
  for (const text of texts) out += `$${text.length}\r\n${text}\r\n`;
  return out;
}

/** A set of `items` that are encoded already. */
export function setOf(resp: Resp, items: readonly string[]): string {
  return `${resp === 3 ? '~' : '*'}${items.length}\r\n${items.join('')}`;
}

export function push(resp: Resp, items: readonly string[]): string {
  return `${resp === 3 ? '>' : '*'}${items.length}\r\n${items.join('')}`;
}

/** A double: its own type in RESP3, a bulk string in RESP2. `text` is the number as the server prints numbers. */
export function double(resp: Resp, text: string): string {
  return resp === 3 ? `,${text}\r\n` : bulk(text);
}

/** Text for a person, such as INFO: RESP3 says so ("txt:"), RESP2 gets a bulk string. */
export function verbatim(resp: Resp, text: string): string {
  return resp === 3 ? `=${text.length + 4}\r\ntxt:${text}\r\n` : bulk(text);
}

/** A truth value where RESP2 had 1 and 0. */
export function bool(resp: Resp, value: boolean): string {
  return resp === 3 ? (value ? '#t\r\n' : '#f\r\n') : value ? ONE : ZERO;
}

/** A request as it is written into an append-only file: an array of bulk strings. */
export const encodeRequest = bulks;
