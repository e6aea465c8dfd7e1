import { createHmac } from 'node:crypto';
import { KEY_DELIMITERS } from '../../core/redact.ts';

/** A text as far as it was captured, one character a byte. */
export interface Captured {
  readonly text: string;
  /** Real length in bytes; more than text.length when the rest was not captured. */
  readonly length: number;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const ALPHABET = LETTERS + DIGITS;
/** SHA-512 gives so many bytes. */
const BLOCK = 64;
/** Two different parts that are shorter than this could get the same stand-in by chance. */
const SHORT = 10;
const MAX_TRIES = 64;
const MAX_LATELY = 50_000;
/** Texts with the same beginning that are looked through for the longest. */
const MAX_CANDIDATES = 64;
/** What reports show of a key without a delimiter. */
const SHOWN = 4;

/**
 * Stands something of equal length in for every text, so that equal texts stay equal, different ones different, and
 * the end of a text behind a delimiter stays its end, while nothing of them can be read without the key: a keyed hash
 * (HMAC-SHA-512, RFC 2104) of each part between delimiters. What reports show of keys is kept.
 */
export class Pseudonyms {
  /** Parts of keys that reports show, and how many of their characters. */
  private readonly shown = new Map<string, number>();
  private readonly short = new Map<string, string>();
  private readonly taken = new Set<string>();
  private readonly lately = new Map<string, string>();
  /** Lengths of texts, or of ends of texts behind a delimiter, of which some were cut. */
  private readonly cutLengths = new Set<number>();
  /** By real length: what a text that was cut may be the beginning of. */
  private readonly candidates = new Map<number, Set<string>>();
  private readonly sorted = new Map<number, readonly string[]>();

  /** @param key random, and forgotten afterwards */
  constructor(private readonly key: Uint8Array) {}

  /** Makes known, before anything is replaced, what is used as a key. */
  addKey(text: string): void {
    const first = /^((?!\d{4})[\w-]{1,16}?)[:/.|{]/.exec(text)?.[1];
    if (first !== undefined) {
      this.show(first, first.length);
      return;
    }
    let place = 0;
    for (const part of partsOf(text)) {
      if (place >= SHOWN) return;
      if (!KEY_DELIMITERS.includes(part)) this.show(part, Math.min(part.length, SHOWN - place));
      place += part.length;
    }
  }

  /** The same for a key that was cut; after every `addText`. */
  addCutKey({ text, length }: Captured): void {
    const from = lastPartOf(text);
    const whole = text.slice(0, from) + this.longest(text.slice(from), length - from);
    if (whole.length > text.length) this.addKey(whole);
  }

  /** Makes known which texts were cut. */
  addCut({ text, length }: Captured): void {
    if (text.length < length) this.cutLengths.add(length - lastPartOf(text));
  }

  /** Makes known what those that were cut may be the beginning of; after every `addCut`. */
  addText({ text, length }: Captured): void {
    if (this.cutLengths.size === 0) return;
    let place = 0;
    for (const part of partsOf(text)) {
      if (this.cutLengths.has(length - place)) {
        const known = this.candidates.get(length - place);
        if (known) known.add(text.slice(place));
        else this.candidates.set(length - place, new Set([text.slice(place)]));
      }
      place += part.length;
    }
  }

  /** What stands in for a text; as long as `text`. */
  of({ text, length }: Captured): string {
    if (text.length === length) return this.replaced(text);
    const from = lastPartOf(text);
    const end = text.slice(from);
    const whole = this.longest(end, length - from);
    return this.replaced(text.slice(0, from)) + this.replaced(whole).slice(0, end.length);
  }

  /** The most that was captured of a text that begins so. */
  private longest(beginning: string, length: number): string {
    let texts = this.sorted.get(length);
    if (!texts) {
      texts = [...(this.candidates.get(length) ?? [])].sort();
      this.sorted.set(length, texts);
    }
    let low = 0;
    for (let high = texts.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (texts[middle]! < beginning) low = middle + 1;
      else high = middle;
    }
    let longest = beginning;
    for (const each of texts.slice(low, low + MAX_CANDIDATES)) {
      if (!each.startsWith(beginning)) break;
      if (each.length > longest.length) longest = each;
    }
    return longest;
  }

  private show(part: string, characters: number): void {
    if (part === '' || (this.shown.get(part) ?? 0) >= characters) return;
    this.shown.set(part, characters);
    if (characters === part.length) this.taken.add(part);
  }

  private replaced(text: string): string {
    let result = '';
    for (const part of partsOf(text)) {
      result += KEY_DELIMITERS.includes(part) ? part : this.part(part);
    }
    return result;
  }

  private part(part: string): string {
    const shown = this.shown.get(part) ?? 0;
    if (shown === part.length) return part;
    if (part.length >= SHORT) return this.long(part, shown);
    const known = this.short.get(part);
    if (known !== undefined) return known;
    let stand = '';
    for (let round = 0; round < MAX_TRIES; round++) {
      stand = this.scrambled(part, shown, round);
      if (!this.taken.has(stand)) break;
    }
    this.taken.add(stand);
    this.short.set(part, stand);
    return stand;
  }

  /** The same again comes out of the hash; what was met lately is kept to save time. */
  private long(part: string, shown: number): string {
    const known = this.lately.get(part);
    if (known !== undefined) return known;
    const stand = this.scrambled(part, shown, 0);
    if (this.lately.size >= MAX_LATELY) this.lately.clear();
    if (part.length <= BLOCK) this.lately.set(part, stand);
    return stand;
  }

  private scrambled(part: string, shown: number, round: number): string {
    let state = Buffer.from([round]);
    let result = '';
    for (let from = 0; from < part.length; from += BLOCK) {
      const block = part.slice(from, from + BLOCK);
      state = createHmac('sha512', this.key).update(state).update(block, 'latin1').digest();
      for (let at = 0; at < block.length; at++) {
        result += from + at < shown ? part[from + at] : standIn(part, from + at, state[at]!);
      }
    }
    // Whether a key has a prefix is judged by its characters: one that has none for this reason must not get one.
    const odd = shown > 0 && /[^\w-]/.test(part.slice(shown));
    return odd ? `${result.slice(0, shown)}~${result.slice(shown + 1)}` : result;
  }
}

/** A text that begins with a letter may be the name of a command: the stand-in begins with one just when it does. */
function standIn(part: string, at: number, byte: number): string {
  if (at > 0) return ALPHABET[byte % ALPHABET.length]!;
  return /^[A-Za-z]/.test(part) ? LETTERS[byte % LETTERS.length]! : DIGITS[byte % DIGITS.length]!;
}

/** Where the part begins that a text ends with. */
function lastPartOf(text: string): number {
  for (let at = text.length; at > 0; at--) if (KEY_DELIMITERS.includes(text[at - 1]!)) return at;
  return 0;
}

/** The parts of a text and the delimiters between them, in order. */
function partsOf(text: string): string[] {
  return text.split(/([:/.|{])/).filter((part) => part !== '');
}
