import type { Directive } from './directive.ts';
import { DIRECTIVES, type DirectiveName, type Settings } from './directives.ts';

/** One directive with its words, as a line of redis.conf or a flag gives it. */
export interface Setting {
  readonly name: string;
  readonly words: readonly string[];
  /** Where it stands, for a message: "redis.conf line 3", "--port". */
  readonly where: string;
}

export type Change = { readonly name: DirectiveName; readonly value: unknown };
export type ReadResult = { readonly change: Change } | { readonly reason: string };

/** The values in force. Names are case-insensitive, as in redis.conf. */
export class Config {
  readonly values: { -readonly [K in keyof Settings]: Settings[K] };

  constructor() {
    // Made as a copy so that V8 knows its shape: these are looked up in every command.
    const values: Record<string, unknown> = { ...DIRECTIVES };
    for (const [name, directive] of Object.entries(DIRECTIVES)) values[name] = directive.initial;
    this.values = values as Settings;
  }

  static find(name: string): DirectiveName | undefined {
    const lower = name.toLowerCase();
    return Object.hasOwn(DIRECTIVES, lower) ? (lower as DirectiveName) : undefined;
  }

  static isMutable(name: DirectiveName): boolean {
    return DIRECTIVES[name].mutable;
  }

  static takesMany(name: DirectiveName): boolean {
    return DIRECTIVES[name].many;
  }

  /** Reads a value without setting it, so that several can be checked before any takes effect. */
  read(name: DirectiveName, words: readonly string[]): ReadResult {
    const result = (DIRECTIVES[name] as Directive<unknown>).read(words);
    return 'value' in result ? { change: { name, value: result.value } } : result;
  }

  /** Sets a value that was read. @returns the change that undoes it */
  apply(change: Change): Change {
    const values = this.values as Record<DirectiveName, unknown>;
    const before = { name: change.name, value: values[change.name] };
    const { merge } = DIRECTIVES[change.name] as Directive<unknown>;
    values[change.name] = merge ? merge(before.value, change.value) : change.value;
    return before;
  }

  print(name: DirectiveName): string {
    const directive = DIRECTIVES[name] as Directive<unknown>;
    return directive.print(this.values[name]);
  }

  names(): DirectiveName[] {
    return Object.keys(DIRECTIVES) as DirectiveName[];
  }
}
