import { ALIASES } from './aliases.ts';
import type { Directive } from './directive.ts';
import { DIRECTIVES, type DirectiveName, type Settings } from './directives.ts';
import { INERT } from './inert.ts';
import { Renames } from './renames.ts';

/** One directive with its words, as a line of redis.conf or a flag gives it. */
export interface Setting {
  readonly name: string;
  readonly words: readonly string[];
  /** Where it stands, for a message: "redis.conf line 3", "--port". */
  readonly where: string;
}

/** Those that are obeyed, and those that are only kept. */
const ALL: Readonly<Record<string, Directive<unknown>>> = { ...INERT, ...DIRECTIVES } as never;

/** The name of a directive that is known, not an alias. */
export type KnownName = DirectiveName | keyof typeof INERT;
export type Change = { readonly name: KnownName; readonly value: unknown };
export type ReadResult = { readonly change: Change } | { readonly reason: string };

/** The values in force. Names are case-insensitive, as in redis.conf. */
export class Config {
  readonly renames = new Renames();
  readonly values: { -readonly [K in keyof Settings]: Settings[K] };

  constructor() {
    // Made as a copy so that V8 knows its shape: these are looked up in every command.
    const values: Record<string, unknown> = { ...ALL };
    for (const [name, directive] of Object.entries(ALL)) values[name] = directive.initial;
    this.values = values as Settings;
  }

  static find(name: string): KnownName | undefined {
    const lower = name.toLowerCase();
    const known = Object.hasOwn(ALIASES, lower) ? ALIASES[lower]! : lower;
    return Object.hasOwn(ALL, known) ? (known as KnownName) : undefined;
  }

  /** Whether the directive is only kept, and nothing acts upon it. */
  static isInert(name: KnownName): boolean {
    return Object.hasOwn(INERT, name);
  }

  static isMutable(name: KnownName): boolean {
    return ALL[name]!.mutable;
  }

  /** Whether changing it at run time needs enable-protected-configs. */
  static isGuarded(name: KnownName): boolean {
    return ALL[name]!.guarded ?? false;
  }

  static takesMany(name: KnownName): boolean {
    return ALL[name]!.many;
  }

  /** Reads a value without setting it, so that several can be checked before any takes effect. */
  read(name: KnownName, words: readonly string[]): ReadResult {
    const result = ALL[name]!.read(words);
    return 'value' in result ? { change: { name, value: result.value } } : result;
  }

  /** Sets a value that was read. @returns the change that undoes it */
  apply(change: Change): Change {
    const values = this.values as Record<KnownName, unknown>;
    const before = { name: change.name, value: values[change.name] };
    const { merge } = ALL[change.name]!;
    values[change.name] = merge ? merge(before.value, change.value) : change.value;
    return before;
  }

  /** @param name a known one, or an alias of such */
  print(name: string): string {
    const known = Config.find(name)!;
    return ALL[known]!.print((this.values as Record<KnownName, unknown>)[known]);
  }

  isDefault(name: KnownName): boolean {
    return this.print(name) === ALL[name]!.print(ALL[name]!.initial);
  }

  /** Aliases, too. */
  names(): string[] {
    return [...Object.keys(ALL), ...Object.keys(ALIASES)];
  }
}
