import { parseDouble } from './arguments.ts';

/** Digits printed behind the point at most. */
const SCALE = 17;
/** Bits of the mantissa of the extended format that INCRBYFLOAT computes in ("long double" on x86-64). */
const MANTISSA = 64;

/** mantissa × 2^exponent, the mantissa with at most 64 bits. */
interface Extended {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/**
 * Adds two decimal numbers as an 80-bit floating point unit would and prints the sum with at most 17 digits
 * behind the point and no exponent. JavaScript's own 64-bit numbers would print other digits than the servers
 * whose clients are served here: 0.1 + 0.2 is "0.3", not "0.30000000000000004".
 * @returns undefined when one of them is no finite number
 */
export function addDecimals(a: string, b: string): string | undefined {
  const x = read(a);
  const y = read(b);
  if (x === undefined || y === undefined) return undefined;
  const exponent = Math.min(x.exponent, y.exponent);
  const sum = (x.mantissa << BigInt(x.exponent - exponent)) + (y.mantissa << BigInt(y.exponent - exponent));
  return print(round(sum, 1n, exponent));
}

/** The nearest number of the format; undefined when the text is no finite number. */
function read(text: string): Extended | undefined {
  const value = parseDouble(text);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const [mantissa, exponent] = text.toLowerCase().split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const digits = BigInt(`${whole.replace(/[+-]/, '')}${fraction}` || '0');
  const signed = whole.startsWith('-') ? -digits : digits;
  const power = Number(exponent ?? 0) - fraction.length;
  return power >= 0 ? round(signed * 10n ** BigInt(power), 1n, 0) : round(signed, 10n ** BigInt(-power), 0);
}

/** numerator / denominator × 2^exponent, rounded to 64 bits, ties to even. */
function round(numerator: bigint, denominator: bigint, exponent: number): Extended {
  const size = numerator < 0n ? -numerator : numerator;
  if (size === 0n) return { mantissa: 0n, exponent: 0 };
  // Scale so that the quotient has 64 or 65 bits, then drop one more if need be.
  let shift = MANTISSA + bitLength(denominator) - bitLength(size);
  if (scaled(size, denominator, shift) >> BigInt(MANTISSA) > 0n) shift--;
  const quotient = scaled(size, denominator, shift);
  const left = shift >= 0 ? size << BigInt(shift) : size;
  const below = shift >= 0 ? denominator : denominator << BigInt(-shift);
  const twice = (left - quotient * below) * 2n;
  const up = twice > below || (twice === below && (quotient & 1n) === 1n);
  const mantissa = up ? quotient + 1n : quotient;
  return { mantissa: numerator < 0n ? -mantissa : mantissa, exponent: exponent - shift };
}

function scaled(size: bigint, denominator: bigint, shift: number): bigint {
  return shift >= 0 ? (size << BigInt(shift)) / denominator : size / (denominator << BigInt(-shift));
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

function print({ mantissa, exponent }: Extended): string {
  const negative = mantissa < 0n;
  const size = (negative ? -mantissa : mantissa) * 10n ** BigInt(SCALE);
  let scaledUp: bigint;
  if (exponent >= 0) scaledUp = size << BigInt(exponent);
  else {
    const unit = 1n << BigInt(-exponent);
    scaledUp = size / unit;
    const twice = (size % unit) * 2n;
    if (twice > unit || (twice === unit && (scaledUp & 1n) === 1n)) scaledUp++;
  }
  const digits = scaledUp.toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  const text = digits.slice(0, -SCALE) + (fraction && `.${fraction}`);
  return negative && scaledUp !== 0n ? `-${text}` : text;
}
