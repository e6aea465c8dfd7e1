import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CommandSpec } from '../core/capture.ts';
import { isOnPath } from '../runners/on-path.ts';

export const CONTAINER_ENGINES = ['podman', 'docker'] as const;
export type EngineName = (typeof CONTAINER_ENGINES)[number];

/** An engine with the containers of one stage, and the network that they share. */
export interface ContainerEngine {
  readonly name: EngineName;
  /** The file that stands for the network namespace of the containers. */
  readonly netns: string;
  /** The same command of this engine, so that it sees these containers. */
  command(spec: CommandSpec): CommandSpec;
  /** The command that runs another one in a container of that role, in the foreground. */
  run(role: string, command: CommandSpec, folders: readonly string[]): CommandSpec;
  containerName(role: string): string;
  /** Ends and removes every container, and what the engine kept of them. */
  close(): Promise<void>;
}

/** podman, which keeps these containers apart from all others; else docker. */
export function chooseEngine(): EngineName | undefined {
  return CONTAINER_ENGINES.find((name) => isOnPath(name));
}

/** Folders that this program itself needs, where they lie on another file system than the machine's root. */
export async function programFolders(command: CommandSpec): Promise<string[]> {
  const { dev: rootDevice } = await stat('/');
  const folders = [command.file, ...command.args.filter((arg) => arg.endsWith('.js'))]
    .filter((path) => path.startsWith('/'))
    .map((path) => dirname(path));
  const elsewhere = await Promise.all(
    [...new Set(folders)].map(async (path) => ((await stat(path)).dev === rootDevice ? [] : [path])),
  );
  return elsewhere.flat();
}
