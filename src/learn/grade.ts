import { plural } from '../core/units.ts';
import type { Note, Step } from './learning.ts';
import type { Lesson } from './lesson.ts';
import {
  FACTOR,
  FACTS_PART,
  FIX_WITHOUT_PROOF,
  HINT_POINTS,
  LEFT_OPEN,
  MARKS,
  MOST_HINTS,
  POINTS,
  RIGHT_LINES_PART,
  WRONG_JUDGEMENT,
} from './points.ts';

/** A part of the grade, and why it is what it is. */
export interface GradePart {
  readonly name: string;
  readonly points: number;
  readonly of: number;
  readonly because: string;
}

export interface Grade {
  /** 0 to 100. */
  readonly points: number;
  readonly mark: 'A' | 'B' | 'C' | 'D' | 'E';
  readonly parts: readonly GradePart[];
  readonly hints: number;
}

/** Grades the reasoning, from what was done and in which order: which evidence, which hypotheses, what was ruled out. */
export function gradeOf(lesson: Lesson, steps: readonly Step[]): Grade {
  const seen = new Path(lesson, steps);
  const parts = [looking(seen), evidence(seen), causes(seen), refutation(seen), fixing(seen), numbers(seen)];
  const hints = steps.filter(({ kind }) => kind === 'hint').length;
  const sum = parts.reduce((total, { points }) => total + points, 0);
  const points = Math.max(0, sum - HINT_POINTS * Math.min(MOST_HINTS, hints));
  return { points, mark: MARKS.find(([least]) => points >= least)?.[1] ?? 'E', parts, hints };
}

/** The steps, by kind, with their places in the order. */
class Path {
  readonly notes: readonly Note[];
  constructor(
    readonly lesson: Lesson,
    readonly steps: readonly Step[],
  ) {
    this.notes = steps.filter((step) => step.kind === 'note');
  }

  of<K extends Step['kind']>(kind: K): Extract<Step, { kind: K }>[] {
    return this.steps.filter((step) => step.kind === kind) as Extract<Step, { kind: K }>[];
  }

  /** Facts that were noted before the first step of a kind; all when there is none. */
  factsBefore(...kinds: readonly Step['kind'][]): Set<string> {
    const end = this.steps.findIndex(({ kind }) => kinds.includes(kind));
    const before = end === -1 ? this.steps : this.steps.slice(0, end);
    return new Set(before.flatMap((step) => (step.kind === 'note' && step.fact ? [step.fact] : [])));
  }

  factsOf(numbers: readonly number[]): string[] {
    return numbers.flatMap((number) => this.notes[number - 1]?.fact ?? []);
  }

  /** Hypotheses that the learner let stand with a note that speaks for them, and when. */
  proven(): Map<string, number> {
    const found = new Map<string, number>();
    for (const [at, step] of this.steps.entries()) {
      if (step.kind !== 'judgement' || step.verdict !== 'stands') continue;
      const hypothesis = this.lesson.hypotheses.find(({ id }) => id === step.hypothesis);
      const facts = this.factsOf(step.notes);
      if (hypothesis?.isTrue && facts.some((fact) => hypothesis.supportedBy.includes(fact)))
        found.set(hypothesis.id, at);
    }
    return found;
  }
}

const part = (
  { name, of }: { readonly name: string; readonly of: number },
  fraction: number,
  because: string,
): GradePart => ({
  name,
  points: Math.round(of * Math.min(1, Math.max(0, fraction))),
  of,
  because,
});

function looking(path: Path): GradePart {
  const machine = path.lesson.facts.filter((fact) => fact.machine);
  const known = path.factsBefore('hypothesis', 'fix');
  const count = machine.filter(({ id }) => known.has(id)).length;
  return part(
    POINTS.looking,
    count / machine.length,
    `${count} of ${plural(machine.length, 'fact')} about the machine noted before the first hypothesis or fix`,
  );
}

function evidence(path: Path): GradePart {
  const facts = path.lesson.facts.length;
  const right = path.notes.filter(({ fact }) => fact !== undefined);
  const distinct = new Set(right.map(({ fact }) => fact)).size;
  if (path.notes.length === 0) return part(POINTS.evidence, 0, 'no line was noted');
  const wrong = path.notes.length - right.length;
  return part(
    POINTS.evidence,
    FACTS_PART * (distinct / facts) + RIGHT_LINES_PART * (right.length / path.notes.length),
    `${distinct} of ${plural(facts, 'fact')} read from a line that says so${wrong > 0 ? `; ${plural(wrong, 'line')} read wrongly` : ''}`,
  );
}

function causes(path: Path): GradePart {
  const all = path.lesson.hypotheses.filter(({ isTrue }) => isTrue);
  const proven = path.proven();
  const wrong = path
    .of('judgement')
    .filter(
      ({ hypothesis, verdict }) =>
        (verdict === 'stands') !== path.lesson.hypotheses.find(({ id }) => id === hypothesis)?.isTrue,
    ).length;
  return part(
    POINTS.causes,
    proven.size / all.length - wrong * WRONG_JUDGEMENT,
    `${proven.size} of ${plural(all.length, 'cause')} shown with a line that proves it${wrong > 0 ? `; ${plural(wrong, 'judgement')} against the evidence` : ''}`,
  );
}

function refutation(path: Path): GradePart {
  const stated = path.of('hypothesis');
  if (stated.length === 0) return part(POINTS.refutation, 0, 'no hypothesis was stated');
  const testable = stated.filter(
    ({ hypothesis, test }) => path.lesson.hypotheses.find(({ id }) => id === hypothesis)?.test === test,
  ).length;
  const mistaken = new Set(
    stated
      .map(({ hypothesis }) => hypothesis)
      .filter((id) => !path.lesson.hypotheses.find((each) => each.id === id)?.isTrue),
  );
  const refuted = [...mistaken].filter((id) =>
    path.of('judgement').some((judgement) => {
      const { refutedBy } = path.lesson.hypotheses.find((each) => each.id === id)!;
      const facts = path.factsOf(judgement.notes);
      return (
        judgement.hypothesis === id &&
        judgement.verdict === 'refuted' &&
        facts.some((fact) => refutedBy.includes(fact))
      );
    }),
  ).length;
  const open = mistaken.size - refuted;
  return part(
    POINTS.refutation,
    testable / stated.length - open * LEFT_OPEN,
    `${testable} of ${plural(stated.length, 'hypothesis')} with the observation that would refute it`.replace(
      'hypothesiss',
      'hypotheses',
    ) + (mistaken.size > 0 ? `; ${refuted} of ${mistaken.size} wrong ones refuted by a line` : ''),
  );
}

function fixing(path: Path): GradePart {
  const proven = path.proven();
  const fixes = path.of('fix');
  const wanted = path.lesson.hypotheses.filter(({ isTrue }) => isTrue).length;
  let afterProof = 0;
  let other = 0;
  for (const step of fixes) {
    const { mends } = path.lesson.fixes.find(({ id }) => id === step.fix) ?? {};
    const at = mends === undefined ? undefined : proven.get(mends);
    if (at !== undefined && at < path.steps.indexOf(step)) afterProof++;
    else other++;
  }
  return part(
    POINTS.fixing,
    afterProof / wanted - other * FIX_WITHOUT_PROOF,
    `${plural(afterProof, 'fix')} after its cause was shown`.replace('fixs', 'fixes') +
      (other > 0 ? `; ${other} tried without` : ''),
  );
}

function numbers(path: Path): GradePart {
  const fixes = path.of('fix').filter(({ fix }) => path.lesson.fixes.find(({ id }) => id === fix)?.mends);
  const wanted = path.lesson.hypotheses.filter(({ isTrue }) => isTrue).length;
  const near = fixes.filter(
    ({ expected, after }) => expected <= after * FACTOR && expected >= after / FACTOR,
  ).length;
  const explained = fixes.filter(({ isExplained }) => isExplained).length;
  return part(
    POINTS.numbers,
    (near + explained) / (2 * wanted),
    `${near} of ${wanted} effects foreseen within a factor of ${FACTOR}, ${explained} explained`,
  );
}
