import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { type ContainerEngine, chooseEngine } from './container-engine.ts';
import { destroyDocker, openDocker } from './docker.ts';
import { guardOurLab } from './guard.ts';
import { formatOwner, isRunning, type Owner, ourselves, parseOwner } from './owner.ts';
import { destroyPodman, openPodman } from './podman.ts';
import { dropEmptyFolders, makeStateFolder } from './state.ts';

/** "PID-TICKS-N" after the process that made it; in it a file that names the engine, and what podman keeps. */
const FOLDER = /^(\d+-\d+)-\d+$/;
let opened = 0;

/** An engine for the containers of one stage; they end with this process. @throws UserError with what it said */
export async function openEngine(stateDir: string, signal: AbortSignal): Promise<ContainerEngine> {
  await destroyStaleContainers(stateDir);
  const name = chooseEngine();
  if (!name) throw new UserError('neither podman nor docker is installed.', EXIT.inconclusive);
  guardOurLab(stateDir);
  const stage = `${formatOwner(ourselves())}-${++opened}`;
  const folder = join(await makeStateFolder(stateDir, 'containers'), stage);
  await mkdir(folder, { mode: 0o700 });
  try {
    await writeFile(join(folder, 'engine'), name);
    const engine =
      name === 'podman' ? await openPodman(folder, { signal, stateDir }) : await openDocker(stage, signal);
    return {
      ...engine,
      close: async () => {
        await engine.close();
        await dropFolder(stateDir, folder);
      },
    };
  } catch (error) {
    await destroyFolder(stateDir, stage);
    throw error;
  }
}

/** Removes the containers whose makers are gone. @returns the names of their folders */
export function destroyStaleContainers(stateDir: string): Promise<string[]> {
  return destroyContainersWhere(stateDir, (owner) => !isRunning(owner));
}

/** @returns the names of the folders that were removed */
export async function destroyContainersWhere(
  stateDir: string,
  wanted: (owner: Owner) => boolean,
): Promise<string[]> {
  const removed: string[] = [];
  for (const stage of await readdir(join(stateDir, 'containers')).catch(() => [])) {
    const owner = parseOwner(FOLDER.exec(stage)?.[1] ?? '');
    if (owner === undefined || !wanted(owner)) continue;
    await destroyFolder(stateDir, stage);
    removed.push(stage);
  }
  return removed;
}

async function destroyFolder(stateDir: string, stage: string): Promise<void> {
  const folder = join(stateDir, 'containers', stage);
  const name = await readFile(join(folder, 'engine'), 'utf8').catch(() => '');
  if (name === 'podman') await destroyPodman(folder);
  if (name === 'docker') await destroyDocker(stage);
  await dropFolder(stateDir, folder);
}

async function dropFolder(stateDir: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await dropEmptyFolders(stateDir, join(stateDir, 'containers'));
}
