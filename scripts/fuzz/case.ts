import type { Parsed } from '../../src/core/capture.ts';
import { Chance, mutate } from './mutate.ts';
import { EVERY_OUTPUT, TARGETS, type Target } from './targets.ts';

/** What came of one damaged output. */
export interface Outcome {
  readonly target: Target;
  readonly bytes: Buffer;
  readonly ms: number;
  /** How many lines it reported as unread. */
  readonly problems: number;
  /** Why this is a defect; absent when it is none. */
  readonly defect?: string;
}

/** Who reads case number `index`. */
export function targetOf(index: number): Target {
  return TARGETS[index % TARGETS.length]!;
}

/** What is read in case number `index` of a seed. */
export function caseBytes(seed: number, index: number): Buffer {
  const chance = new Chance(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  return mutate(chance.pick(targetOf(index).seeds), chance, EVERY_OUTPUT);
}

export async function fuzzCase(seed: number, index: number): Promise<Outcome> {
  const target = targetOf(index);
  const bytes = caseBytes(seed, index);
  const began = performance.now();
  try {
    const parsed = await target.read(bytes);
    const ms = performance.now() - began;
    const defect = parsed && wrongLine(parsed, bytes);
    return { target, bytes, ms, problems: parsed?.problems.length ?? 0, ...(defect ? { defect } : {}) };
  } catch (error) {
    const defect = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { target, bytes, ms: performance.now() - began, problems: 0, defect };
  }
}

/** Every problem and every item must stand at a line of the text. */
function wrongLine({ items, problems }: Parsed<unknown>, bytes: Buffer): string | undefined {
  let lines = 1;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  const isWrong = (line: unknown) =>
    !Number.isInteger(line) || (line as number) < 1 || (line as number) > lines;
  const problem = problems.find(({ line }) => isWrong(line));
  if (problem) return `a problem at line ${problem.line} of ${lines}: ${problem.reason}`;
  if (problems.some(({ reason }) => reason === '')) return 'a problem without a reason';
  const item = items.find((each) => isWrong((each as { line: unknown }).line));
  return item === undefined ? undefined : `an item at line ${(item as { line: unknown }).line} of ${lines}`;
}
