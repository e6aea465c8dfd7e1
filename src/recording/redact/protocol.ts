import { isCommandName } from '../../core/command-names.ts';
import { isPublicError, isPublicStatus } from './words.ts';

/** What may be kept of bytes that are no bulk string: headers, statuses, the heads of HTTP. Everything keeps its length. */

const MASK = 'x';
/** A header's number has as many digits at most; what is longer is no header that a server accepts. */
const HEADER = /^[$*%~>|=!]-?\d{0,10}$/;
/** What may be the name of a command. */
const NAME = /^[A-Za-z][A-Za-z0-9._|-]*$/;
/** How a server repeats a command to a MONITOR: time, database and address. The command follows. */
const MONITORED = /^\+\d{9,}\.\d{6} \[\d+ [^\]\r\n]*\] "/;

export function masked(text: string): string {
  return MASK.repeat(text.length);
}

/** Bytes that nobody understood; of a line of MONITOR, what stands before the command is kept. */
export function maskedBytes(text: string): string {
  const head = MONITORED.exec(text)?.[0] ?? '';
  return head + masked(text.slice(head.length));
}

/** A header or a simple value of RESP, or the beginning of one. */
export function redactLine(line: string): string {
  const end = /\r?\n?$/.exec(line)!.index;
  return redactBody(line.slice(0, end)) + line.slice(end);
}

function redactBody(body: string): string {
  const type = body[0] ?? '';
  const rest = body.slice(1);
  switch (type) {
    case '':
    case '_':
      return type + masked(rest);
    case '$':
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
    case '=':
    case '!':
      return HEADER.test(body) ? body : type + masked(rest);
    case '+':
      return isPublicStatus(rest) ? body : maskedStatus(body);
    case '-': {
      const code = /^[A-Z]+(?= |$)/.exec(rest)?.[0] ?? '';
      if (!isPublicError(code)) return type + masked(rest);
      const gap = rest[code.length] === ' ' ? ' ' : '';
      return type + code + gap + masked(rest.slice(code.length + gap.length));
    }
    case ':':
      return /^(?:[01]|-[12])$/.test(rest) ? body : type + digits(rest);
    case '#':
      return /^[tf]$/.test(rest) ? body : type + masked(rest);
    case ',':
    case '(':
      return type + digits(rest);
    default:
      return masked(body);
  }
}

function maskedStatus(body: string): string {
  const whole = maskedBytes(body);
  return whole[0] === '+' ? whole : `+${whole.slice(1)}`;
}

/** A whole number of the same length in place of one. */
function digits(text: string): string {
  if (!/^-?\d+$/.test(text)) return masked(text);
  return text.startsWith('-') ? `-${'1'.repeat(text.length - 1)}` : '1'.repeat(text.length);
}

/** A payload of commands as people type them; a word gets what `replace` gives for it. */
export function redactInline(
  payload: string,
  replace: (words: readonly string[], at: number) => string,
): string {
  return payload
    .split(/(\r?\n)/)
    .map((line, index) => (index % 2 === 1 ? line : inlineLine(line, replace)))
    .join('');
}

function inlineLine(line: string, replace: (words: readonly string[], at: number) => string): string {
  const words = line.split(' ');
  return words.map((_, at) => replace(words, at)).join(' ');
}

/** The first word of a command. It stays a name where it was one. */
export function redactName(word: string, stand: (word: string) => string): string {
  if (isCommandName(word)) return word;
  if (!NAME.test(word)) return maskedName(word);
  const other = stand(word);
  return isCommandName(other) ? masked(word) : other;
}

/** In place of a first word that tells nothing: no name of a command where it was none. */
export function maskedName(word: string): string {
  if (NAME.test(word)) return masked(word);
  return /^[A-Za-z]/.test(word) ? `x${'~'.repeat(word.length - 1)}` : '~'.repeat(word.length);
}
