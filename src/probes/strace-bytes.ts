/** Numbers and marks in the bytes of a line of strace. NaN, or -1 where it says so, when something else stands there. */

/** The number in bytes[from, to). */
export function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** The number that begins at `from`; -1 when none does. */
export function digitsFrom(bytes: Uint8Array, from: number): number {
  let value = 0;
  let at = from;
  for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
    value = value * 10 + digit;
  }
  return at === from ? -1 : value;
}

/** Whether the line ends with "<unfinished ...>"; that it ends with ".>" is known. */
export function isUnfinished(bytes: Uint8Array, end: number): boolean {
  for (let at = 0; at < UNFINISHED.length; at++) {
    if (bytes[end - UNFINISHED.length + at] !== UNFINISHED[at]) return false;
  }
  return true;
}

/**
 * Index of "=" in ") = 61" or ") = -1 EAGAIN (Resource temporarily unavailable)", going back from the blank before the
 * duration; -1 when there is no result.
 */
export function equalsBefore(bytes: Uint8Array, from: number, least: number): number {
  const stop = Math.max(least, from - MAX_RESULT);
  for (let at = from - 2; at > stop; at--) {
    if (bytes[at] !== EQUALS || bytes[at - 1] !== SPACE || bytes[at + 1] !== SPACE) continue;
    const next = bytes[at + 2]!;
    if (next !== MINUS && (next < ZERO || next > NINE)) return -1;
    let close = at - 1;
    while (bytes[close] === SPACE) close--;
    if (bytes[close] === CLOSING_PAREN) return at;
  }
  return -1;
}

/**
 * Whether what looks like a result surely stands behind the arguments, not in a text that was cut: going back, the
 * nearest quote is one that closes. Where that cannot be told at a glance, the answer is no.
 */
export function endsOutsideText(bytes: Uint8Array, from: number, least: number): boolean {
  let at = from - 1;
  while (at > least && bytes[at] !== QUOTE) at--;
  if (at <= least) return true;
  return FOLLOWS_TEXT[bytes[at + 1]!] === 1 && OPENS_TEXT[bytes[at - 1]!] === 0;
}

const QUOTE = 34;
const FOLLOWS_TEXT = tableOf(',).}]');
/** In front of an opening quote; a backslash makes the quote a part of the text. */
const OPENS_TEXT = tableOf(' =({[\\');
const UNFINISHED = Buffer.from('<unfinished ...>');
/** The longest result with what strace explains of it, as it does for poll(). */
const MAX_RESULT = 400;
const SPACE = 32;
const CLOSING_PAREN = 41;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const EQUALS = 61;

/** 1 for each byte of the text. */
function tableOf(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const letter of text) table[letter.charCodeAt(0)] = 1;
  return table;
}
