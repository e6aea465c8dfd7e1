import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Listener, Scene, SpawnOptions } from './scene.ts';

/** Windows of 2 s, the shortest there are, without a tracer; a later option wins. */
export function verifyArgs(server: Listener, report: string): string[] {
  return [
    ...['verify', '--pid', String(server.pid), '--fix', 'fsync-per-write', '--report', report],
    ...['--tracer', 'none', '--duration', '14s'],
  ];
}

/** CONFIG GET appendfsync; empty while the server does not answer. */
export async function policyOf(
  scene: Scene,
  server: Listener,
  env: NodeJS.ProcessEnv = {},
  netns?: SpawnOptions['netns'],
): Promise<string> {
  return (await scene.cli(server, ['config', 'get', 'appendfsync'], { env, netns })).split('\n')[1] ?? '';
}

/** The notes that runs have left in their state folder. */
export function notesIn(state: string): string[] {
  try {
    return readdirSync(join(state, 'verify')).map((name) => join(state, 'verify', name));
  } catch {
    return [];
  }
}
