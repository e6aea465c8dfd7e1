import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { EXIT, UserError } from '../core/errors.ts';
import type { Grade } from './grade.ts';

/** A line that the learner marked, and what they say it tells. */
export interface Note {
  readonly kind: 'note';
  readonly look: string;
  readonly line: string;
  /** What the learner says the line tells. */
  readonly says: string;
  /** The fact that it is, when the line does say so. */
  readonly fact?: string;
}

/** What a learner did, in order. Everything else, the grade too, follows from it. */
export type Step =
  | { readonly kind: 'look'; readonly look: string }
  | Note
  | {
      readonly kind: 'hypothesis';
      readonly hypothesis: string;
      /** Numbers of notes, from 1. */
      readonly notes: readonly number[];
      readonly test: string;
    }
  | {
      readonly kind: 'judgement';
      readonly hypothesis: string;
      readonly verdict: 'stands' | 'refuted';
      readonly notes: readonly number[];
    }
  | {
      readonly kind: 'fix';
      readonly fix: string;
      /** Seconds. */
      readonly expected: number;
      readonly before: number;
      readonly after: number;
      readonly explanation: string;
      readonly isExplained: boolean;
    }
  | { readonly kind: 'hint'; readonly until: string };

/** The file that a learner leaves to a teacher, and comes back to. */
export interface Learning {
  readonly schema: 'perfcase.learning/1';
  readonly scenario: string;
  readonly learner: string;
  /** Seconds that the slow request took at the beginning; absent until it was measured. */
  readonly slowSeconds?: number;
  readonly steps: readonly Step[];
  /** Present when the learner has finished. */
  readonly grade?: Grade;
}

/** @returns undefined when there is no such file @throws UserError when it is no such file of ours */
export async function readLearning(path: string): Promise<Learning | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UserError(`${path} cannot be read (${code ?? String(error)}).`);
  }
  try {
    const value = JSON.parse(text) as Partial<Learning>;
    if (value.schema === 'perfcase.learning/1' && Array.isArray(value.steps)) return value as Learning;
  } catch {
    // Said below, as for any other file that is none of ours.
  }
  throw new UserError(`${path} is not what perfcase learn writes; name another file with --output.`);
}

/** Whole or not at all. @throws UserError */
export async function writeLearning(path: string, learning: Learning): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  try {
    await writeFile(fresh, `${JSON.stringify(learning, null, 2)}\n`);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`${path} cannot be written (${code ?? String(error)}).`, EXIT.failure);
  }
}
