import { CommandError } from '../command-error.ts';
import { parseInt64 } from './arguments.ts';

/** How an option or a command counts time. */
export interface TimeForm {
  readonly unit: 's' | 'ms';
  /** Since the epoch, instead of from now. */
  readonly absolute: boolean;
}

/** The options of SET and GETEX. */
export const TIME_OPTIONS: Readonly<Record<string, TimeForm>> = {
  ex: { unit: 's', absolute: false },
  px: { unit: 'ms', absolute: false },
  exat: { unit: 's', absolute: true },
  pxat: { unit: 'ms', absolute: true },
};

const INT64_MAX = 2n ** 63n - 1n;

/**
 * The moment, in epoch milliseconds, that a time argument means.
 * @param command for the error text
 * @param positive refuses zero and negative times, as SET does and EXPIRE does not
 * @throws CommandError when it is no integer, or when the moment does not fit 64 bits
 */
export function expiryMoment(
  text: string,
  form: TimeForm,
  now: number,
  command: string,
  positive: boolean,
): number {
  const value = parseInt64(text);
  if (value === undefined) throw CommandError.notAnInteger();
  const ms = form.unit === 's' ? value * 1000n : value;
  const at = form.absolute ? ms : ms + BigInt(Math.floor(now));
  const fits = ms <= INT64_MAX && ms >= -INT64_MAX && at <= INT64_MAX;
  if (!fits || (positive && value <= 0n)) {
    throw new CommandError(`ERR invalid expire time in '${command}' command`);
  }
  return Number(at);
}
