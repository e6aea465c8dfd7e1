import { CommandError } from '../command-error.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Beyond every 64-bit integer as a number: "as many as you like" where a count is asked for. */
export const INT64_LIMIT = 2 ** 63;

/** A 64-bit integer in its only spelling (no plus sign, no leading zero, no blank); undefined otherwise. */
export function parseInt64(text: string): bigint | undefined {
  if (text.length > 20 || !/^(0|-?[1-9]\d*)$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

export function fitsInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/**
 * An integer argument as a number. Beyond 2^53 a double is not exact; callers use it for counts, indexes and
 * times, where such values only mean "very many".
 * @throws CommandError unless a 64-bit integer
 */
export function integerArg(text: string, message = 'ERR value is not an integer or out of range'): number {
  const value = parseInt64(text);
  if (value === undefined) throw new CommandError(message);
  return Number(value);
}

/** An integer argument that must not leave a range; the message also answers what is no integer. */
export function rangedArg(text: string, min: number, max: number, message: string): number {
  const value = integerArg(text, message);
  if (value < min || value > max) throw new CommandError(message);
  return value;
}

/** A floating point argument; "inf" is allowed, "nan" and blanks are not; undefined otherwise. */
export function parseDouble(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)$/.test(text)) return undefined;
  return Number(text);
}
