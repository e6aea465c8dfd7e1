import type { BulkPlace, RespValue } from '../../analyzers/derive/resp-reader.ts';
import { isCommandName } from '../../core/command-names.ts';
import { showsKey } from '../../core/redact.ts';
import { masked, maskedBytes, maskedName, redactInline, redactName } from './protocol.ts';
import type { Captured, Pseudonyms } from './pseudonyms.ts';
import { cursorOf, isForm, isReplyMode, isScanWord, PUSHED, SECRET_COMMANDS } from './words.ts';

/** What was found at a place of a payload. A bulk string may go on in later calls, so it is written down at the end. */
export type Piece =
  | { readonly kind: 'text'; readonly from: number; readonly text: string }
  | {
      readonly kind: 'bulk';
      readonly from: number;
      readonly to: number;
      readonly value: RespValue;
      /** Of its first byte here in the whole bulk string. */
      readonly offset: number;
      readonly place: BulkPlace;
      readonly isRequest: boolean;
      /** Part of the reply to a command whose replies nobody may see. */
      readonly isSecret: boolean;
    }
  | { readonly kind: 'inline' };

type Bulk = Extract<Piece, { kind: 'bulk' }>;

/** Writes payloads down again so that nothing of anybody's data is left, each as long as it was. */
export class PayloadWriter {
  private readonly done = new WeakMap<RespValue, string>();

  constructor(private readonly pseudonyms: Pseudonyms) {}

  /** First of four rounds over all pieces: which texts are keys, and which were cut. */
  learn(pieces: readonly Piece[], shown: string): void {
    for (const piece of pieces) {
      if (piece.kind === 'bulk') {
        const { value } = piece;
        this.pseudonyms.addCut(capturedOf(value));
        if (isKey(piece)) this.pseudonyms.addKey(value.text ?? '');
      } else if (piece.kind === 'inline') {
        redactInline(shown, (words, at) => {
          if (at === 1 && isCommandName(words[0]!) && showsKey(words[0]!.toUpperCase()))
            this.pseudonyms.addKey(words[1]!);
          return words[at]!;
        });
      }
    }
  }

  /** Second round: texts that those that were cut may be the beginning of. */
  compare(pieces: readonly Piece[]): void {
    for (const piece of pieces) if (piece.kind === 'bulk') this.pseudonyms.addText(capturedOf(piece.value));
  }

  /** Third round: of what keys that were cut are the beginning. */
  settle(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (piece.kind !== 'bulk' || !isKey(piece)) continue;
      const captured = capturedOf(piece.value);
      if (captured.text.length < captured.length) this.pseudonyms.addCutKey(captured);
    }
  }

  /** Last round. @param shown what the log shows of the payload, one character a byte */
  write(pieces: readonly Piece[], shown: string): string {
    if (pieces.length === 0) return maskedBytes(shown);
    let result = '';
    for (const piece of pieces) {
      if (piece.kind === 'inline') return redactInline(shown, (words, at) => this.word(words, at));
      if (piece.from > result.length) result += masked(shown.slice(result.length, piece.from));
      result += piece.kind === 'text' ? piece.text : this.bulk(piece, shown);
    }
    return result + masked(shown.slice(result.length));
  }

  private bulk(piece: Bulk, shown: string): string {
    const { value, offset, from, to } = piece;
    const length = value.length ?? 0;
    let whole = this.done.get(value);
    if (whole === undefined) {
      whole = this.standIn(piece).padEnd(value.text?.length ?? 0, 'x');
      this.done.set(value, whole);
    }
    let result = whole.slice(offset, offset + to - from);
    for (let at = from + result.length; at < to; at++) {
      const isEnd = offset + at - from >= length && (shown[at] === '\r' || shown[at] === '\n');
      result += isEnd ? shown[at] : 'x';
    }
    return result;
  }

  private standIn(piece: Bulk): string {
    const { value, place, isRequest, isSecret } = piece;
    const captured = capturedOf(value);
    const { text } = captured;
    if (value.type !== '$' || isSecret) return masked(text);
    if (!isRequest) {
      const isFirst = place.depth === 1 && place.index === 0;
      return isFirst && PUSHED.test(text) ? text : this.pseudonyms.of(captured);
    }
    const words = place.outer?.items ?? [];
    if (place.depth !== 1 || words.length === 0) return masked(text);
    if (place.index === 0) return this.name(captured);
    const name = words[0]!.text ?? '';
    return this.argument(name, place.index - 1, captured, () =>
      words.slice(1).map((word) => word.text ?? ''),
    );
  }

  private name(captured: Captured): string {
    const { text, length } = captured;
    if (text.length < length) return maskedName(text);
    return redactName(text, () => this.pseudonyms.of(captured));
  }

  private word(words: readonly string[], at: number): string {
    const text = words[at]!;
    const captured = { text, length: text.length };
    if (at === 0) return redactName(text, () => this.pseudonyms.of(captured));
    return this.argument(words[0]!, at - 1, captured, () => words.slice(1));
  }

  /** @param args of the command, captured as far as they were */
  private argument(name: string, at: number, captured: Captured, args: () => readonly string[]): string {
    const { text } = captured;
    const upper = name.toUpperCase();
    if (at === 0 && isForm(upper, text)) return text;
    if (at === 1 && isReplyMode(upper, args())) return text;
    if (SECRET_COMMANDS.has(upper)) return masked(text);
    const cursor = cursorOf(upper);
    if (cursor !== undefined && text.length <= 20 && isScanWord(args(), at, cursor)) return text;
    return this.pseudonyms.of(captured);
  }
}

function isKey({ place, isRequest }: Bulk): boolean {
  const name = place.outer?.items?.[0]?.text ?? '';
  if (!isRequest || place.depth !== 1 || place.index !== 1) return false;
  return isCommandName(name) && showsKey(name.toUpperCase()) && !SECRET_COMMANDS.has(name.toUpperCase());
}

function capturedOf({ text = '', length = text.length }: RespValue): Captured {
  return { text, length };
}
