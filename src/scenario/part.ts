import type { PartSpec, Step } from '../core/lab-part.ts';
import type { Field } from './field.ts';

/** A process that runs while the scenario is played. */
export interface Part {
  readonly name: string;
  readonly spec: PartSpec;
  /** Processes of this kind. */
  readonly processes: number;
  /** A part that this one stands in for while it is there. */
  readonly instead?: string;
}

/** What a part may be, and the fields that belong to it. */
const KINDS = {
  http: ['of', 'connections', 'pause'],
  do: ['connections', 'rate', 'together', 'reads', 'listens', 'in-two-writes'],
  writes: [],
  spins: [],
  python: ['args'],
} as const;
const COMMON = ['name', 'instead', 'processes'] as const;

export const PART_FIELDS: readonly string[] = [
  ...COMMON,
  ...Object.keys(KINDS),
  ...Object.values(KINDS).flat(),
];

/** Undefined when none of the kinds is named. */
export function readPart(field: Field, fallbackName: string): Part | undefined {
  const kind = (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((each) => field.at(each).isThere);
  if (kind === undefined) return undefined;
  field.mapping(kind, ...KINDS[kind], ...COMMON);
  const instead = field.optional('instead', (each) => each.text());
  return {
    name: field.optional('name', (each) => each.text()) ?? fallbackName,
    spec: readSpec(kind, field),
    processes: field.optional('processes', (each) => each.number({ least: 1, most: 32, whole: true })) ?? 1,
    ...(instead === undefined ? {} : { instead }),
  };
}

function readSpec(kind: keyof typeof KINDS, field: Field): PartSpec {
  const connections =
    field.optional('connections', (each) => each.number({ least: 1, most: 10_000, whole: true })) ?? 1;
  const rateOf = (from: Field) => from.optional('rate', (each) => each.number({ least: 0.01, most: 1e6 }));
  switch (kind) {
    case 'do': {
      const rate = rateOf(field);
      const togetherMs = field.optional('together', (each) => each.duration());
      const inTwoWrites = field.optional('in-two-writes', (each) => each.flag()) ?? false;
      return {
        kind: 'clients',
        connections,
        ...(rate === undefined ? {} : { rate }),
        ...(togetherMs === undefined ? {} : { togetherMs }),
        ...(inTwoWrites ? { inTwoWrites } : {}),
        steps: readSteps(field.at('do')),
        reads: field.optional('reads', (each) => each.flag()) ?? true,
        listens: field.optional('listens', (each) => each.flag()) ?? false,
      };
    }
    case 'http': {
      const of = field.optional('of', (each) => each.text('the name of a python part'));
      return {
        kind: 'http',
        ...(of === undefined ? {} : { of }),
        path: field.at('http').text('a path such as /get_cache'),
        connections,
        pauseMs: field.optional('pause', (each) => each.duration()) ?? 0,
      };
    }
    case 'python': {
      const script = field.at('python').text('a script beside the scenario');
      if (!/^[\w-]+\.py$/.test(script)) field.at('python').wrong('the name of a script beside the scenario');
      const args = field.optional('args', (each) => each.list('arguments', (one) => one.anyText()));
      return { kind: 'python', script, args: args ?? [] };
    }
    case 'writes': {
      const writes = field.at('writes').mapping('bytes', 'rate', 'sync', 'files', 'in-place');
      const rate = rateOf(writes);
      return {
        kind: 'writer',
        bytes: writes.at('bytes').number({ least: 1, most: 16_777_216, whole: true }),
        ...(rate === undefined ? {} : { rate }),
        sync: writes.at('sync').oneOf(['each', 'second', 'never']),
        files: writes.optional('files', (each) => each.number({ least: 1, most: 64, whole: true })) ?? 1,
        inPlace: writes.optional('in-place', (each) => each.flag()) ?? false,
      };
    }
    case 'spins': {
      const spins = field.at('spins').mapping('busy', 'pinned');
      const pinned = spins.optional('pinned', (each) => each.flag()) ?? false;
      const busy = spins.at('busy').number({ least: 0.01, most: 1 });
      return { kind: 'spinner', busy, ...(pinned ? { pinned } : {}) };
    }
  }
}

const STEP_HELP =
  'a command as a list of words, or a mapping with ask, let, pipeline, scan, each, when, unless, repeat, pause or reconnect';

export function readSteps(field: Field): Step[] {
  return field.list('steps', readStep);
}

function readStep(field: Field): Step {
  if (field.isList) return { kind: 'command', words: readWords(field) };
  const kind = [
    'ask',
    'let',
    'pipeline',
    'scan',
    'each',
    'when',
    'unless',
    'repeat',
    'pause',
    'reconnect',
  ].find((each) => field.at(each).isThere);
  const name = (of: string) => field.at(of).text('a name');
  const steps = () => readSteps(field.at('do'));
  switch (kind) {
    case 'ask':
      field.mapping('ask', 'as');
      return { kind: 'command', words: readWords(field.at('ask')), as: name('as') };
    case 'let':
      field.mapping('let', 'as');
      return { kind: 'let', value: name('let'), as: name('as') };
    case 'pipeline':
      field.mapping('pipeline', 'times');
      return {
        kind: 'pipeline',
        commands: field.at('pipeline').list('commands', readWords),
        times: field.optional('times', (each) => each.number({ least: 1, most: 100_000, whole: true })) ?? 1,
      };
    case 'scan':
      field.mapping('scan', 'count', 'as', 'do');
      return {
        kind: 'scan',
        match: name('scan'),
        count: field.optional('count', (each) => each.number({ least: 1, most: 1e6, whole: true })) ?? 10,
        as: field.optional('as', (each) => each.text()) ?? 'page',
        steps: field.at('do').isThere ? steps() : [],
      };
    case 'each':
      field.mapping('each', 'as', 'do');
      return { kind: 'each', of: name('each'), as: name('as'), steps: steps() };
    case 'when':
    case 'unless': {
      field.mapping(kind, 'is', 'do');
      const is = field.optional('is', (each) => each.text());
      return {
        kind: 'when',
        name: name(kind),
        ...(is === undefined ? {} : { is }),
        not: kind === 'unless',
        steps: steps(),
      };
    }
    case 'repeat':
      field.mapping('repeat', 'do');
      return {
        kind: 'repeat',
        times: field.at('repeat').number({ least: 1, most: 1e6, whole: true }),
        steps: steps(),
      };
    case 'pause':
      return { kind: 'pause', ms: field.mapping('pause').at('pause').duration() };
    case 'reconnect':
      field.mapping('reconnect').at('reconnect').flag();
      return { kind: 'reconnect' };
    default:
      field.wrong(STEP_HELP);
      return { kind: 'pause', ms: 1 };
  }
}

function readWords(field: Field): string[] {
  const words = field.list('words', (word) => word.anyText());
  if (words.length === 0) field.wrong('a command as a list of words');
  return words;
}
