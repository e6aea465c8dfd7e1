import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { UserError } from '../core/errors.ts';
import { parseDuration } from '../core/units.ts';

/** Values that stand for "{name}" in any text or number of the file. */
export type Parameters = Readonly<Record<string, string | number>>;

interface File {
  readonly name: string;
  readonly lines: LineCounter;
  readonly problems: { readonly line: number; readonly text: string }[];
  parameters: Parameters;
}

/** Problems that are told at once; the rest mostly follow from them. */
const MOST_PROBLEMS = 8;

/**
 * A place in a YAML file. Reading what does not fit notes a problem (file, line, field, what was wanted, what stands
 * there) and goes on with some value, so that an author sees all problems at once; `readYaml` throws at the end.
 */
export class Field {
  constructor(
    private readonly file: File,
    private readonly node: Node | undefined,
    readonly path: string,
    /** Where it would stand, for what is missing. */
    private readonly parent: Node | undefined,
    /** What is above is wrong already: nothing below it is worth a word. */
    private isLost = false,
  ) {}

  get isThere(): boolean {
    return this.node !== undefined && !(isScalar(this.node) && this.node.value === null);
  }

  get isMapping(): boolean {
    return isMap(this.node);
  }

  get isList(): boolean {
    return isSeq(this.node);
  }

  /** Notes that something else was wanted here. */
  wrong(wanted: string): void {
    if (this.isLost) return;
    const name = this.path === '' ? 'the scenario' : `"${this.path}"`;
    this.note(this.node ?? this.parent, `${name} must be ${wanted}, not ${this.seen()}.`);
  }

  /** From here on, "{name}" stands for these. */
  setParameters(parameters: Parameters): void {
    this.file.parameters = parameters;
  }

  /** A mapping that has no other fields than these. */
  mapping(...names: readonly string[]): this {
    if (!isMap(this.node)) {
      this.wrong(`a mapping with ${listOf(names)}`);
      this.isLost = true;
      return this;
    }
    for (const { key } of this.node.items) {
      const name = String(isScalar(key) ? key.value : key);
      if (names.includes(name)) continue;
      const here = this.path === '' ? 'a scenario' : `"${this.path}"`;
      const there = names.length === 1 ? `there is ${names[0]}` : `there are ${listOf(names)}`;
      this.note(key as Node, `"${join(this.path, name)}" is no field of ${here}; ${there}.`);
    }
    return this;
  }

  /** The field below, which may be absent. */
  at(name: string): Field {
    const node = isMap(this.node) ? (this.node.get(name, true) as Node | undefined) : undefined;
    return new Field(this.file, node, join(this.path, name), this.node ?? this.parent, this.isLost);
  }

  /** What `read` makes of a field that is there. */
  optional<T>(name: string, read: (field: Field) => T): T | undefined {
    const field = this.at(name);
    return field.isThere ? read(field) : undefined;
  }

  /** Names of the fields that are there. */
  names(): string[] {
    return isMap(this.node) ? this.node.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
  }

  list<T>(wanted: string, read: (field: Field) => T): T[] {
    if (!isSeq(this.node)) {
      this.wrong(`a list of ${wanted}`);
      return [];
    }
    return this.items().map(read);
  }

  /** The fields of a list; none where there is no list. */
  items(): Field[] {
    const { file, node, path } = this;
    if (!isSeq(node)) return [];
    return node.items.map((item, index) => new Field(file, item as Node, `${path}[${index}]`, node));
  }

  /** A mapping with any fields. */
  entries<T>(wanted: string, read: (field: Field) => T): Record<string, T> {
    if (!isMap(this.node)) {
      this.wrong(`a mapping of ${wanted}`);
      return {};
    }
    return Object.fromEntries(this.names().map((name) => [name, read(this.at(name))]));
  }

  /** A text that is not empty; a number counts as its digits. */
  text(wanted = 'a text'): string {
    const value = this.value();
    if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return String(value);
    this.wrong(wanted);
    return '';
  }

  /** A text that may be empty. */
  anyText(): string {
    return this.value() === '' ? '' : this.text();
  }

  number({ least = 0, most = Number.MAX_SAFE_INTEGER, whole = false } = {}): number {
    const raw = this.value();
    const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value)))
      return value;
    const limits = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
    this.wrong(`a ${whole ? 'whole ' : ''}number ${limits}`);
    return least;
  }

  flag(): boolean {
    const value = this.value();
    if (typeof value === 'boolean') return value;
    this.wrong('true or false');
    return false;
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    const value = this.value();
    const choice = choices.find((each) => each === value);
    if (choice === undefined) this.wrong(listOf(choices));
    return choice ?? choices[0]!;
  }

  /** "8ms" in milliseconds. */
  duration(): number {
    const value = this.value();
    try {
      if (typeof value === 'string') return parseDuration(value);
    } catch {
      // Said below.
    }
    this.wrong('a duration such as 300ms, 10s or 2m');
    return 1;
  }

  /** The scalar with its parameters filled in; undefined for a mapping, a list and nothing. */
  value(): unknown {
    if (!isScalar(this.node)) return undefined;
    const { value } = this.node;
    return typeof value === 'string' ? fillParameters(value, this.file.parameters) : value;
  }

  private note(at: Node | undefined, text: string): void {
    const { line } = this.file.lines.linePos(at?.range?.[0] ?? 0);
    this.file.problems.push({ line, text });
  }

  private seen(): string {
    if (!this.isThere) return 'absent';
    if (isMap(this.node)) return 'a mapping';
    if (isSeq(this.node)) return 'a list';
    return JSON.stringify(this.value());
  }
}

/** Fills "{name}", "{any name}" and "{text name}" where `name` is a parameter; what else stands in braces stays. */
export function fillParameters(text: string, parameters: Parameters): string {
  return text.replace(/\{((?:text|any) )?(\w+)\}/g, (hole, what: string | undefined, name: string) => {
    if (!Object.hasOwn(parameters, name)) return hole;
    return what === undefined ? String(parameters[name]) : `{${what}${parameters[name]}}`;
  });
}

/**
 * Reads a YAML file through `read`.
 * @param name of the file, for messages
 * @throws UserError with a line for each problem
 */
export function readYaml<T>(text: string, name: string, read: (root: Field) => T): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: File['problems'] = [];
  for (const error of document.errors) {
    const { line } = lines.linePos(error.pos[0]);
    problems.push({ line, text: `this is no YAML (${error.message.split(/ at line|\n/, 1)[0]}).` });
  }
  const root = new Field(
    { name, lines, problems, parameters: {} },
    (document.contents ?? undefined) as Node | undefined,
    '',
    undefined,
  );
  const value = problems.length === 0 ? read(root) : undefined;
  if (problems.length > 0) {
    const more = problems.length - MOST_PROBLEMS;
    const shown = problems
      .sort((a, b) => a.line - b.line)
      .slice(0, MOST_PROBLEMS)
      .map((problem) => `${name}:${problem.line}: ${problem.text}`);
    throw new UserError([...shown, ...(more > 0 ? [`${more} more problems`] : [])].join('\n'));
  }
  return value as T;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
