import type { CommandSpec } from './spec.ts';

export function hasKeys(spec: CommandSpec): boolean {
  return spec.keys !== undefined || spec.countAt !== undefined || spec.findKeys !== undefined;
}

/** Where the keys of a request are; none when their count is wrong; undefined for a command without keys. */
export function keysOf(spec: CommandSpec, request: readonly string[]): number[] | undefined {
  if (!hasKeys(spec)) return undefined;
  if (spec.findKeys) return spec.findKeys(request);
  const counted = countedPositions(spec, request);
  if (spec.countAt !== undefined && counted.length === 0) return [];
  return [...positionsInRange(spec, request), ...counted];
}

function positionsInRange({ keys }: CommandSpec, request: readonly string[]): number[] {
  if (!keys) return [];
  const end = keys.last < 0 ? request.length + keys.last : keys.last;
  const positions: number[] = [];
  for (let at = keys.first; at <= end && at < request.length; at += keys.step) positions.push(at);
  return positions;
}

function countedPositions({ countAt }: CommandSpec, request: readonly string[]): number[] {
  if (countAt === undefined) return [];
  const count = Number(request[countAt]);
  if (!Number.isInteger(count) || count < 1 || countAt + count >= request.length) return [];
  return Array.from({ length: count }, (_, i) => countAt + 1 + i);
}
