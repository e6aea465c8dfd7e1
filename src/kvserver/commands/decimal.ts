import { parseDouble } from './arguments.ts';

/** Digits kept behind the point. */
const SCALE = 17;

/**
 * Adds two decimal numbers exactly and prints the sum with at most 17 digits behind the point and no exponent:
 * 0.1 + 0.2 is 0.3 here, not 0.30000000000000004.
 * @returns undefined when one of them is no finite number
 */
export function addDecimals(a: string, b: string): string | undefined {
  const x = scaled(a);
  const y = scaled(b);
  return x === undefined || y === undefined ? undefined : print(x + y);
}

function scaled(text: string): bigint | undefined {
  const value = parseDouble(text);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const [mantissa, exponent] = text.toLowerCase().split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.replace('+', '').split('.') as [string, string?];
  const shift = SCALE - fraction.length + Number(exponent ?? 0);
  const digits = BigInt(`${whole === '-' || whole === '' ? '0' : whole}${fraction}`.replace(/^-/, ''));
  const size = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return whole.startsWith('-') ? -size : size;
}

function print(value: bigint): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  const text = digits.slice(0, -SCALE) + (fraction && `.${fraction}`);
  return negative && value !== 0n ? `-${text}` : text;
}
