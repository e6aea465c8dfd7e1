import type { CommandSpec } from './spec.ts';

/** Every command by its name in lower case. Filled once by index.ts; apart from it so that commands can ask it. */
const registered = new Map<string, CommandSpec>();

export function register(specs: readonly CommandSpec[]): void {
  for (const spec of specs) {
    if (registered.has(spec.name)) throw new Error(`two commands are called ${spec.name}`);
    registered.set(spec.name, spec);
  }
}

export function allCommands(): CommandSpec[] {
  return [...registered.values()];
}

/** Every command and subcommand by its full name, "get" or "config|set". */
export function namedCommands(): {
  readonly name: string;
  readonly spec: CommandSpec;
  readonly parent?: string;
}[] {
  return allCommands().flatMap((spec) => [
    { name: spec.name, spec },
    ...(spec.subcommands ?? []).map((one) => ({
      name: `${spec.name}|${one.name}`,
      spec: one,
      parent: spec.name,
    })),
  ]);
}

export function topCommand(lowerName: string): CommandSpec | undefined {
  return registered.get(lowerName);
}

/** Finds "get", "CONFIG" or "config|set". */
export function findCommand(name: string): { spec: CommandSpec; parent?: CommandSpec } | undefined {
  const [top, subName, ...more] = name.toLowerCase().split('|');
  if (more.length > 0) return undefined;
  const parent = registered.get(top!);
  if (!parent || subName === undefined) return parent && { spec: parent };
  const spec = parent.subcommands?.find((one) => one.name === subName);
  return spec && { spec, parent };
}
