import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';

/** Where the lab keeps what it has to clean up, whoever made it. One folder a machine. */
export const STATE_DIR = '/run/perfcase';

/** The folder in use: `PERFCASE_STATE_DIR` moves it, for example for tests. */
export function stateDir(env: NodeJS.ProcessEnv = process.env): string {
  return env.PERFCASE_STATE_DIR || STATE_DIR;
}

/**
 * Makes a folder below the state folder. Others must be able to reach a disk that is mounted there, but only we may
 * write: what stands in it is later unmounted, ended and deleted with our rights.
 * @throws UserError when somebody else owns the state folder
 */
export async function makeStateFolder(root: string, name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const path of [root, folder]) {
    const { uid, mode } = await stat(path);
    if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
      throw new UserError(`${path} can be written by somebody else; remove it and try again.`, EXIT.failure);
    }
  }
  return folder;
}

/** Removes the folder and the ones above it up to the state folder, as far as they are empty. */
export async function dropEmptyFolders(root: string, folder: string): Promise<void> {
  for (let path = folder; path.startsWith(root); path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return; // something else is in it
    }
  }
}
