import { printClasses, readClasses } from '../notifications.ts';

/** A directive's type: how its text is read, checked and printed. */
export interface Directive<T> {
  readonly initial: T;
  /** False when it can only be given at start. */
  readonly mutable: boolean;
  /** True for one that says which files are written: clients change it only with enable-protected-configs. */
  readonly guarded?: boolean;
  /** True for a directive that takes several words, as `bind` and `save` do. */
  readonly many: boolean;
  /** @returns the value, or why the words are none */
  read(words: readonly string[]): { readonly value: T } | { readonly reason: string };
  /** Where what was given is only a part of the value: puts it into the value in force. */
  readonly merge?: (before: T, given: T) => T;
  print(value: T): string;
}

interface Options {
  readonly fixed?: boolean;
}

export function flag(initial: boolean, options: Options = {}): Directive<boolean> {
  return one(initial, options, (word) => {
    const lower = word.toLowerCase();
    if (lower === 'yes') return { value: true };
    if (lower === 'no') return { value: false };
    return { reason: "argument must be 'yes' or 'no'" };
  });
}

export function integer(
  initial: number,
  range: Options & { readonly min: number; readonly max: number },
): Directive<number> {
  return one(initial, range, (word) => {
    if (!/^-?\d+$/.test(word)) return { reason: "argument couldn't be parsed into an integer" };
    return inRange(Number(word), range);
  });
}

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

/** A number of bytes: "512mb", "1gb", "100". */
export function readMemory(word: string): number | undefined {
  const match = /^(\d+)([a-z]*)$/.exec(word.toLowerCase());
  const unit = match ? MEMORY_UNITS[match[2]!] : undefined;
  return unit === undefined ? undefined : Number(match![1]) * unit;
}

export function memory(
  initial: number,
  range: Options & { readonly min: number; readonly max: number },
): Directive<number> {
  return one(initial, range, (word) => {
    const value = readMemory(word);
    if (value === undefined) return { reason: 'argument must be a memory value' };
    return inRange(value, range);
  });
}

export function choice<const T extends string>(
  initial: T,
  allowed: readonly T[],
  options: Options = {},
): Directive<T> {
  return one(initial, options, (word) => {
    const value = allowed.find((name) => name === word.toLowerCase());
    if (value !== undefined) return { value };
    return { reason: `argument(s) must be one of the following: ${allowed.join(', ')}` };
  });
}

/** Classes of keyspace events, one letter each; see notifications.ts. */
export function eventClasses(): Directive<number> {
  const reason = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
  const directive = one(0, {}, (word) => {
    const value = readClasses(word);
    return value === undefined ? { reason } : { value };
  });
  return { ...directive, print: printClasses };
}

export function text(
  initial: string,
  options: Options & { readonly check?: (word: string) => string | undefined } = {},
): Directive<string> {
  return one(initial, options, (word) => {
    const reason = options.check?.(word);
    return reason === undefined ? { value: word } : { reason };
  });
}

/** A directive of several words. */
export function words(
  initial: readonly string[],
  options: Options & { readonly check?: (words: readonly string[]) => string | undefined } = {},
): Directive<readonly string[]> {
  return {
    initial,
    mutable: !options.fixed,
    many: true,
    read: (given) => {
      const list = given.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
      const reason = options.check?.(list);
      return reason === undefined ? { value: list } : { reason };
    },
    print: (value) => value.join(' '),
  };
}

function one<T>(
  initial: T,
  options: Options,
  read: (word: string) => { readonly value: T } | { readonly reason: string },
): Directive<T> {
  return {
    initial,
    mutable: !options.fixed,
    many: false,
    read: (given) => (given.length === 1 ? read(given[0]!) : { reason: 'wrong number of arguments' }),
    print: (value) => (value === true ? 'yes' : value === false ? 'no' : String(value)),
  };
}

function inRange(value: number, range: { readonly min: number; readonly max: number }) {
  if (value >= range.min && value <= range.max) return { value };
  // What is exact here ends at 2^53; the text names the limit of a 64-bit integer, as everywhere.
  const max = range.max === Number.MAX_SAFE_INTEGER ? 2n ** 63n - 1n : range.max;
  return { reason: `argument must be between ${range.min} and ${max} inclusive` };
}
