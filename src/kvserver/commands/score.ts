import { CommandError } from '../command-error.ts';
import { parseDouble } from './arguments.ts';

/** A score as servers of version 7.0 print it: 17 significant digits, as C's "%.17g". */
export function formatScore(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return 'inf';
  if (score === Number.NEGATIVE_INFINITY) return '-inf';
  if (Object.is(score, -0)) return '-0';
  if (Number.isSafeInteger(score) && Math.abs(score) < 1e15) return String(score);
  const { digits, power } = significant(Math.abs(score));
  const minus = score < 0 ? '-' : '';
  if (power < -4 || power >= DIGITS) {
    const exponent = `${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
    return `${minus}${trimZeros(`${digits[0]}.${digits.slice(1)}`)}e${exponent}`;
  }
  if (power < 0) return minus + trimZeros(`0.${'0'.repeat(-power - 1)}${digits}`);
  return minus + trimZeros(`${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`);
}

const DIGITS = 17;

/**
 * The first 17 digits of a positive number, and the power of ten of the first. A number just between two such
 * texts goes to the even one, as in C; JavaScript rounds it up.
 */
function significant(value: number): { digits: string; power: number } {
  const split = (text: string) => {
    const [mantissa, exponent] = text.split('e') as [string, string];
    return { digits: mantissa.replace('.', ''), power: Number(exponent) };
  };
  const longer = split(value.toExponential(DIGITS));
  if (longer.digits.endsWith('5')) {
    const exact = split(value.toExponential(100)).digits;
    const between = /^50*$/.test(exact.slice(DIGITS));
    if (between && Number(exact[DIGITS - 1]) % 2 === 0) {
      return { digits: exact.slice(0, DIGITS), power: longer.power };
    }
  }
  return split(value.toExponential(DIGITS - 1));
}

/** A whole number with all its digits, another one as above. */
export function formatWhole(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= 2 ** 62
    ? BigInt(score).toString()
    : formatScore(score);
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0*$/, '') : text;
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
