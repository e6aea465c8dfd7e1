import type { CommandSpec } from './spec.ts';

/** Where the keys of a request are; undefined for a command without keys. */
export function keysOf(spec: CommandSpec, request: readonly string[]): number[] | undefined {
  if (spec.findKeys) return spec.findKeys(request);
  if (!spec.keys) return undefined;
  const { first, last, step } = spec.keys;
  const end = last < 0 ? request.length + last : last;
  const positions: number[] = [];
  for (let at = first; at <= end && at < request.length; at += step) positions.push(at);
  return positions;
}

/** For commands of the form NAME … numkeys key key …: the count is at `at`, the keys follow. */
export function countedKeys(at: number): (request: readonly string[]) => number[] {
  return (request) => {
    const count = Number(request[at]);
    if (!Number.isInteger(count) || count < 1 || at + count >= request.length) return [];
    return Array.from({ length: count }, (_, i) => at + 1 + i);
  };
}
