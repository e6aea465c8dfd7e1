import { CommandError } from '../command-error.ts';
import { parseDouble } from './arguments.ts';

/** A score as servers of version 7.0 print it: 17 significant digits, as C's "%.17g". */
export function formatScore(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return 'inf';
  if (score === Number.NEGATIVE_INFINITY) return '-inf';
  if (Object.is(score, -0)) return '-0';
  if (Number.isSafeInteger(score) && Math.abs(score) < 1e15) return String(score);
  const [mantissa, exponent] = score.toExponential(16).split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 17) {
    const sign = power < 0 ? '-' : '+';
    return `${trimZeros(mantissa)}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return trimZeros(score.toFixed(Math.max(0, 16 - power)));
}

/** A whole number with all its digits, another one as above. */
export function formatWhole(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= 2 ** 62
    ? BigInt(score).toString()
    : formatScore(score);
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A score argument. Infinity must be spelled out: a number too large or too small for a double is refused. */
export function parseScore(text: string): number | undefined {
  const value = parseDouble(text);
  if (value === undefined) return undefined;
  const spelled = /inf/i.test(text);
  const lost =
    (Math.abs(value) === Number.POSITIVE_INFINITY && !spelled) ||
    (value === 0 && /[1-9]/.test(text.split(/e/i)[0]!));
  return lost ? undefined : value;
}

export function scoreArg(text: string, message = 'ERR value is not a valid float'): number {
  const value = parseScore(text);
  if (value === undefined) throw new CommandError(message);
  return value;
}
