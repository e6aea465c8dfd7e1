import { isKnown } from './command-table.ts';

/** A line is no longer in any server: Redis's own limit for inline commands. */
const MAX_LINE = 64 * 1024;
/** What a health check types; nobody's value is just this. */
const CHECKS = /^(?:PING|INFO|QUIT)\r?\n$/i;
/** The first word, whole or as far as it came. */
const WORD = /^[A-Za-z]{1,20}(?=[ \r\n]|$)/;

/** Whether the bytes are a health check typed by hand. */
export function isCheck(bytes: string): boolean {
  return CHECKS.test(bytes);
}

/**
 * Commands as people type them: words on a line. A line may come in several reads.
 * Source: the RESP protocol specification, "Inline commands".
 */
export class TypedLines {
  private rest = '';

  /** Bytes of the line that was read half; 0 when none is. */
  get half(): number {
    return this.rest.length;
  }

  clear(): void {
    this.rest = '';
  }

  /** @returns the words of each line that is whole now; undefined when these are no such lines */
  read(bytes: string): string[][] | undefined {
    const text = this.rest + bytes;
    this.rest = '';
    const lines = text.split(/\r?\n/);
    const last = lines.pop()!;
    if (last.length > MAX_LINE || !isTyped(text, last)) return undefined;
    // Headers of RESP among them: the end of a message, whose last word looked like a command.
    if ([...lines, last].some((line) => /^[$*]/.test(line))) return undefined;
    this.rest = last;
    return lines.flatMap((line) => (line === '' ? [] : [line.split(' ')]));
  }
}

function isTyped(text: string, last: string): boolean {
  const word = WORD.exec(text)?.[0];
  if (word === undefined) return false;
  return isKnown(word) || (word === text && word === last);
}
