import type { FillPart } from '../core/lab-part.ts';
import { type Expectations, readExpectations } from './expect.ts';
import { type Fault, readDirectives, readFault } from './fault.ts';
import { type Field, type Parameters, readYaml } from './field.ts';
import { checkNames } from './names.ts';
import { drawParameters } from './parameters.ts';
import { type Part, readPart, readSteps } from './part.ts';

export const KINDS = ['case', 'fault', 'pair', 'control'] as const;
export const SERVERS = ['bundled', 'redis'] as const;

/** A measured step of a scenario: what is changed before it. */
export interface Phase {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** What the original case took, in seconds. */
  readonly caseSeconds?: number;
  /** CONFIG SET of the server before it is timed. */
  readonly config: Readonly<Record<string, string>>;
  /** Faults that end before it is timed. */
  readonly remove: readonly string[];
  /** Parts that take the place of others. */
  readonly load: readonly Part[];
  /** The findings that this phase mends; none for the symptom. */
  readonly mends: readonly string[];
}

/** What is there before anybody asks: a request of the application, or what fills the server. */
export type Preparation = { readonly kind: 'http'; readonly path: string } | FillPart;

export interface Scenario {
  readonly id: string;
  readonly kind: (typeof KINDS)[number];
  readonly title: string;
  readonly servers: readonly (typeof SERVERS)[number][];
  /** What the seed has drawn. */
  readonly parameters: Parameters;
  /** Wished sync time of the disk in milliseconds; absent: the disk there is. */
  readonly fsyncMs?: number;
  /** Directives that the server starts with, without those of faults. */
  readonly server: Readonly<Record<string, string>>;
  readonly prepare: readonly Preparation[];
  /** What healthy clients do. */
  readonly load: readonly Part[];
  readonly fault: readonly Fault[];
  /** The part whose process is diagnosed; absent: the server. */
  readonly target?: string;
  /** The part whose turns are timed. */
  readonly measure: string;
  /** The symptom, then each fix. */
  readonly phases: readonly Phase[];
  readonly expect: Expectations;
}

export interface ReadOptions {
  /** Draws the parameters under `vary`. */
  readonly seed?: number;
  /** Parameters that somebody has chosen. */
  readonly fixed?: Parameters;
}

/**
 * Reads a scenario.yaml.
 * @param name of the file, for messages
 * @throws UserError with a line for each problem
 */
export function readScenario(text: string, name: string, options: ReadOptions = {}): Scenario {
  return readYaml(text, name, (root) => readRoot(root, options));
}

/** Directives that the server starts with, those of faults among them. */
export function directivesOf({ server, fault }: Scenario): Readonly<Record<string, string>> {
  return Object.assign({}, server, ...fault.map((each) => (each.kind === 'server' ? each.directives : {})));
}

/** The same patient in good health: without what makes it ill, and without the fixes. */
export function withoutFaults<T extends Scenario>(scenario: T): T {
  return { ...scenario, fault: [], phases: scenario.phases.slice(0, 1) };
}

function readRoot(root: Field, { seed = 1, fixed = {} }: ReadOptions): Scenario {
  root.mapping(
    ...['schema', 'id', 'kind', 'title', 'servers', 'vary', 'disk', 'server', 'prepare', 'load', 'fault'],
    ...['target', 'measure', 'symptom', 'fixes', 'expect'],
  );
  if (root.at('schema').value() !== 'perfcase.scenario/1') root.at('schema').wrong('perfcase.scenario/1');
  const parameters = root.optional('vary', (each) => drawParameters(each, seed, fixed)) ?? {};
  root.setParameters(parameters);
  const load = root.optional('load', (each) => each.list('parts', readOnePart())) ?? [];
  const fault = root.optional('fault', (each) => each.list('faults', readOneFault())) ?? [];
  const parts = [...load, ...fault.flatMap((each) => (each.kind === 'part' ? [each.part] : []))];
  checkNames(root, load, parts);
  const partName = (name: string) =>
    root.optional(name, (each) => {
      const wanted = each.text();
      if (!parts.some((part) => part.name === wanted)) each.wrong('the name of a part under load or fault');
      return wanted;
    });
  const target = partName('target');
  const disk = root.optional('disk', (each) => each.mapping('fsync').at('fsync').duration());
  const symptom = readSymptom(root.at('symptom'));
  const fixes = root.optional('fixes', (each) => each.list('fixes', readFix(parts, fault))) ?? [];
  return {
    id: root.at('id').text(),
    kind: root.at('kind').oneOf(KINDS),
    title: root.at('title').text(),
    servers: root.optional('servers', (each) => each.list('servers', (one) => one.oneOf(SERVERS))) ?? SERVERS,
    parameters,
    ...(disk === undefined ? {} : { fsyncMs: disk }),
    server: root.optional('server', readDirectives) ?? {},
    prepare: root.optional('prepare', (each) => each.list('preparations', readPreparation)) ?? [],
    load,
    fault,
    ...(target === undefined ? {} : { target }),
    measure: partName('measure') ?? parts[0]?.name ?? '',
    phases: [symptom, ...fixes],
    expect: readExpectations(root.at('expect')),
  };
}

function readOnePart() {
  let count = 0;
  return (field: Field): Part => {
    const fallback = `load-${++count}`;
    const part = readPart(field, fallback);
    if (part) return part;
    field.wrong('a part with do, http, writes, spins or python');
    return { name: fallback, spec: { kind: 'spinner', busy: 1 }, processes: 1 };
  };
}

function readOneFault() {
  let count = 0;
  return (field: Field) => readFault(field, count++);
}

function readSymptom(field: Field): Phase {
  if (field.isThere) field.mapping('id', 'title', 'why', 'caseSeconds');
  return {
    id: field.optional('id', (each) => each.text()) ?? 'symptom',
    title: field.optional('title', (each) => each.text()) ?? 'The symptom',
    why: field.optional('why', (each) => each.text()) ?? '',
    ...caseSeconds(field),
    ...{ config: {}, remove: [], load: [], mends: [] },
  };
}

function caseSeconds(field: Field): { caseSeconds?: number } {
  const seconds = field.optional('caseSeconds', (each) => each.number());
  return seconds === undefined ? {} : { caseSeconds: seconds };
}

function readFix(parts: readonly Part[], faults: readonly Fault[]) {
  return (field: Field): Phase => {
    field.mapping('id', 'title', 'why', 'caseSeconds', 'mends', 'config', 'remove', 'load');
    const remove =
      field.optional('remove', (each) =>
        each.list('names of faults', (one) => {
          const name = one.text();
          if (!faults.some((fault) => fault.name === name)) one.wrong('the name of a fault');
          return name;
        }),
      ) ?? [];
    const readLoad = (each: Field): Part => {
      const part = readOnePart()(each);
      if (part.instead === undefined || !parts.some(({ name }) => name === part.instead))
        each.at('instead').wrong('the name of the part whose place it takes');
      return part;
    };
    return {
      id: field.at('id').text(),
      title: field.at('title').text(),
      why: field.optional('why', (each) => each.text()) ?? '',
      ...caseSeconds(field),
      config: field.optional('config', readDirectives) ?? {},
      remove,
      load: field.optional('load', (each) => each.list('parts', readLoad)) ?? [],
      mends: field.optional('mends', (each) => each.list('finding ids', (id) => id.text())) ?? [],
    };
  };
}

function readPreparation(field: Field): Preparation {
  if (field.at('http').isThere) return { kind: 'http', path: field.mapping('http').at('http').text() };
  if (field.at('do').isThere) return { kind: 'once', steps: readSteps(field.mapping('do').at('do')) };
  field.mapping('fill');
  const fill = field.at('fill').mapping('keys', 'key', 'type', 'bytes', 'value', 'items');
  const bytes = fill.optional('bytes', (each) => each.number({ least: 1, most: 1e8, whole: true })) ?? 32;
  return {
    kind: 'fill',
    keys: fill.at('keys').number({ least: 1, most: 1e7, whole: true }),
    key: fill.at('key').text(),
    type: fill.optional('type', (each) => each.oneOf(['string', 'hash', 'list', 'set', 'zset'])) ?? 'string',
    value: fill.optional('value', (each) => each.text()) ?? `{text ${bytes}}`,
    items: fill.optional('items', (each) => each.number({ least: 1, most: 1e7, whole: true })) ?? 1,
  };
}
