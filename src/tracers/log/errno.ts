import { constants } from 'node:os';

/** EAGAIN for 11; the number in words where it has no name here. */
export function errnoName(number: number): string {
  const found = Object.entries(constants.errno).find(([, value]) => value === number);
  return found ? found[0] : `error ${number}`;
}
