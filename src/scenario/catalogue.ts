import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import { type ReadOptions, readScenario, type Scenario } from './scenario.ts';

/** A scenario and the files that belong to it. */
export interface ScenarioFiles {
  readonly folder: string;
  readonly scenario: string;
  /** Absent when there is no such file. */
  readonly story?: string;
  readonly questions?: string;
}

export type LoadedScenario = Scenario & { readonly files: ScenarioFiles };

/** Entries that are not for teaching: causes, pairs and healthy controls for `npm run accuracy`. */
const CORPUS = 'corpus';

/** Ids of the folders in scenarios/ that hold a scenario.yaml, in order. */
export async function scenarioIds(): Promise<string[]> {
  const root = await scenarioRoot();
  return root === undefined ? [] : foldersIn(root);
}

/** Ids of the entries in scenarios/corpus/, in order. */
export async function corpusIds(): Promise<string[]> {
  const root = await scenarioRoot();
  return root === undefined ? [] : foldersIn(join(root, CORPUS));
}

/**
 * @param name an id, or the path of a scenario.yaml or of its folder
 * @throws UserError for an unknown id, and for a file that does not fit the schema
 */
export async function loadScenario(name: string, options: ReadOptions = {}): Promise<LoadedScenario> {
  const path = await pathOf(name);
  const folder = dirname(path);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be read (${error.code ?? error.message}).`);
  });
  const story = await ifThere(join(folder, 'story.md'));
  const questions = await ifThere(join(folder, 'questions.yaml'));
  return {
    ...readScenario(text, shown(path), options),
    files: {
      ...{ folder, scenario: path },
      ...(story === undefined ? {} : { story }),
      ...(questions === undefined ? {} : { questions }),
    },
  };
}

async function pathOf(name: string): Promise<string> {
  const root = await scenarioRoot();
  if (root !== undefined && /^[\w-]+$/.test(name)) {
    for (const folder of [join(root, name), join(root, CORPUS, name)]) {
      const path = await ifThere(join(folder, 'scenario.yaml'));
      if (path !== undefined) return path;
    }
  }
  if (/\.ya?ml$/.test(name)) return resolve(name);
  const path = await ifThere(join(resolve(name), 'scenario.yaml'));
  if (path !== undefined) return path;
  const known = await scenarioIds();
  throw new UserError(`there is no scenario "${name}"; known are ${known.join(', ') || 'none'}.`);
}

async function foldersIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const ids: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() && (await ifThere(join(root, entry.name, 'scenario.yaml')))) ids.push(entry.name);
  }
  return ids.sort();
}

async function ifThere(path: string): Promise<string | undefined> {
  return access(path).then(
    () => path,
    () => undefined,
  );
}

/** A path as a person would write it: relative where that is shorter. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

/** scenarios/ of this package: this file may run from src/ or from the bundle in dist/. */
export async function scenarioRoot(): Promise<string | undefined> {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const candidate = join(at, 'scenarios');
    const isHere = await readdir(candidate).then(
      () => true,
      () => false,
    );
    if (isHere) return candidate;
    if (at === dirname(at)) return undefined;
  }
}
