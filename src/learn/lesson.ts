import { UserError } from '../core/errors.ts';

/** Something that a line of a tool's output says. */
export interface Fact {
  readonly id: string;
  readonly text: string;
  /** Whether it speaks of the machine as a whole; a careful person looks at that before suspecting a process. */
  readonly machine: boolean;
}

/** A tool that the learner may run, and what its output can tell. */
export interface Look {
  readonly id: string;
  readonly title: string;
  /** An argument vector with {serverPid}, {appPid} and {port} in it; absent where `text` or `config` is shown. */
  readonly run?: readonly string[];
  /** A pattern of CONFIG GET. */
  readonly config?: string;
  readonly text?: string;
  /** Which part of the output is shown: from the last line that fits on, so many lines. */
  readonly excerpt?: { readonly from?: RegExp; readonly lines: number };
  /** Lines that fit the pattern say the fact. {serverPid}, {appPid} and {port} may stand in it. */
  readonly telling: readonly { readonly line: string; readonly fact: string }[];
  /** Statements that no line of this output supports. */
  readonly misreadings: readonly string[];
}

export interface Hypothesis {
  readonly id: string;
  readonly text: string;
  readonly isTrue: boolean;
  /** Facts that speak for it, or against it. */
  readonly supportedBy: readonly string[];
  readonly refutedBy: readonly string[];
  /** Id of the observation that would refute it. */
  readonly test: string;
}

export interface Fix {
  readonly id: string;
  readonly title: string;
  readonly mends?: string;
  readonly config: Readonly<Record<string, string>>;
  /** Path of the request from then on. */
  readonly path?: string;
  readonly question: string;
  /** The first is the right one; they are shown in the order of their text. */
  readonly explanations: readonly string[];
}

/** What a workshop knows of its case: what can be looked at, what it says, what is true. */
export interface Lesson {
  readonly scenario: string;
  readonly title: string;
  readonly symptom: string;
  readonly path: string;
  readonly keys: number;
  readonly facts: readonly Fact[];
  readonly looks: readonly Look[];
  readonly tests: readonly { readonly id: string; readonly text: string }[];
  readonly hypotheses: readonly Hypothesis[];
  readonly fixes: readonly Fix[];
  /** Each is for who has not come to `until` yet: a fact, a hypothesis or a fix. */
  readonly hints: readonly { readonly until: string; readonly text: string }[];
  /** The way an experienced engineer goes, a step a text. */
  readonly model: readonly string[];
}

const SCHEMA = 'perfcase.lesson/1';

/**
 * Checks what stands in a lesson.yaml.
 * @param name for messages
 * @throws UserError that names the first field which is wrong
 */
export function readLesson(value: unknown, name: string): Lesson {
  const at = new Reader(name);
  const root = at.record('lesson', value);
  if (root.schema !== SCHEMA) at.fail('schema', `"${SCHEMA}"`);
  const lesson: Lesson = {
    scenario: at.text('scenario', root.scenario),
    title: at.text('title', root.title),
    symptom: at.text('symptom', root.symptom),
    path: at.text('path', root.path),
    keys: at.count('keys', root.keys),
    facts: at.list('facts', root.facts, (field, each) => ({
      id: at.text(`${field}.id`, each.id),
      text: at.text(`${field}.text`, each.text),
      machine: each.machine === true,
    })),
    looks: at.list('looks', root.looks, (field, each) => readLook(at, field, each)),
    tests: at.list('tests', root.tests, (field, each) => ({
      id: at.text(`${field}.id`, each.id),
      text: at.text(`${field}.text`, each.text),
    })),
    hypotheses: at.list('hypotheses', root.hypotheses, (field, each) => ({
      id: at.text(`${field}.id`, each.id),
      text: at.text(`${field}.text`, each.text),
      isTrue: each.true === true,
      supportedBy: at.texts(`${field}.supportedBy`, each.supportedBy),
      refutedBy: at.texts(`${field}.refutedBy`, each.refutedBy),
      test: at.text(`${field}.test`, each.test),
    })),
    fixes: at.list('fixes', root.fixes, (field, each) => ({
      id: at.text(`${field}.id`, each.id),
      title: at.text(`${field}.title`, each.title),
      ...(each.mends === undefined ? {} : { mends: at.text(`${field}.mends`, each.mends) }),
      config: at.settings(`${field}.config`, each.config),
      ...(each.path === undefined ? {} : { path: at.text(`${field}.path`, each.path) }),
      question: at.text(`${field}.question`, each.question),
      explanations: at.texts(`${field}.explanations`, each.explanations),
    })),
    hints: at.list('hints', root.hints, (field, each) => ({
      until: at.text(`${field}.until`, each.until),
      text: at.text(`${field}.text`, each.text),
    })),
    model: at.texts('model', root.model),
  };
  checkNames(lesson, at);
  return lesson;
}

function readLook(at: Reader, field: string, each: Record<string, unknown>): Look {
  const shown = ['run', 'config', 'text'].filter((key) => each[key] !== undefined);
  if (shown.length !== 1) at.fail(field, 'a look with one of run, config and text');
  const excerpt = each.excerpt === undefined ? undefined : at.record(`${field}.excerpt`, each.excerpt);
  return {
    id: at.text(`${field}.id`, each.id),
    title: at.text(`${field}.title`, each.title),
    ...(each.run === undefined ? {} : { run: at.texts(`${field}.run`, each.run) }),
    ...(each.config === undefined ? {} : { config: at.text(`${field}.config`, each.config) }),
    ...(each.text === undefined ? {} : { text: at.text(`${field}.text`, each.text) }),
    ...(excerpt
      ? {
          excerpt: {
            ...(excerpt.from === undefined
              ? {}
              : { from: at.pattern(`${field}.excerpt.from`, excerpt.from) }),
            lines: at.count(`${field}.excerpt.lines`, excerpt.lines),
          },
        }
      : {}),
    telling: at.list(`${field}.telling`, each.telling ?? [], (place, one) => ({
      line: at.pattern(`${place}.line`, one.line).source,
      fact: at.text(`${place}.fact`, one.fact),
    })),
    misreadings: at.texts(`${field}.misreadings`, each.misreadings),
  };
}

/** Every name that is used must have been given. */
function checkNames(lesson: Lesson, at: Reader): void {
  const facts = new Set(lesson.facts.map(({ id }) => id));
  const tests = new Set(lesson.tests.map(({ id }) => id));
  const hypotheses = new Set(lesson.hypotheses.map(({ id }) => id));
  const fixes = new Set(lesson.fixes.map(({ id }) => id));
  const known = (field: string, id: string, ...sets: ReadonlySet<string>[]) => {
    if (!sets.some((set) => set.has(id))) at.fail(field, `a name that this lesson knows, not "${id}"`);
  };
  for (const look of lesson.looks)
    for (const { fact } of look.telling) known(`looks ${look.id}`, fact, facts);
  for (const { id, test, supportedBy, refutedBy } of lesson.hypotheses) {
    known(`hypotheses ${id}.test`, test, tests);
    for (const fact of [...supportedBy, ...refutedBy]) known(`hypotheses ${id}`, fact, facts);
  }
  for (const { id, mends, explanations } of lesson.fixes) {
    if (mends !== undefined) known(`fixes ${id}.mends`, mends, hypotheses);
    if (explanations.length < 2) at.fail(`fixes ${id}.explanations`, 'at least two texts');
  }
  for (const { until } of lesson.hints) known('hints.until', until, facts, hypotheses, fixes);
}

class Reader {
  constructor(private readonly name: string) {}

  fail(field: string, wanted: string): never {
    throw new UserError(`${this.name}: "${field}" must be ${wanted}.`);
  }

  record(field: string, from: unknown): Record<string, unknown> {
    if (typeof from === 'object' && from !== null && !Array.isArray(from))
      return from as Record<string, unknown>;
    return this.fail(field, 'a mapping');
  }

  text(field: string, from: unknown): string {
    return typeof from === 'string' && from !== '' ? from.trimEnd() : this.fail(field, 'a text');
  }

  texts(field: string, from: unknown): string[] {
    if (from === undefined) return [];
    return Array.isArray(from)
      ? from.map((each, index) => this.text(`${field}[${index}]`, each))
      : this.fail(field, 'a list of texts');
  }

  settings(field: string, from: unknown): Record<string, string> {
    const pairs = from === undefined ? [] : Object.entries(this.record(field, from));
    return Object.fromEntries(
      pairs.map(([key, each]) =>
        typeof each === 'string' ? [key, each] : this.fail(`${field}.${key}`, 'a text'),
      ),
    );
  }

  count(field: string, from: unknown): number {
    return typeof from === 'number' && Number.isInteger(from) && from > 0
      ? from
      : this.fail(field, 'a whole number from 1 on');
  }

  pattern(field: string, from: unknown): RegExp {
    try {
      return new RegExp(this.text(field, from));
    } catch {
      return this.fail(field, 'a regular expression');
    }
  }

  list<T>(field: string, from: unknown, read: (field: string, each: Record<string, unknown>) => T): T[] {
    if (!Array.isArray(from)) this.fail(field, 'a list');
    return (from as unknown[]).map((each, index) => {
      const place = `${field}[${index}]`;
      return read(place, this.record(place, each));
    });
  }
}
