import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { UserError } from '../core/errors.ts';
import { readScenario, type Scenario } from './scenario.ts';

/** Ids of the folders in scenarios/ that hold a scenario.yaml, in order. */
export async function scenarioIds(): Promise<string[]> {
  const root = await scenarioRoot();
  const entries = root === undefined ? [] : await readdir(root, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** @throws UserError for an unknown id, and for a file that does not fit the schema */
export async function loadScenario(id: string): Promise<Scenario> {
  const root = await scenarioRoot();
  const known = await scenarioIds();
  if (root === undefined || !known.includes(id)) {
    throw new UserError(`there is no scenario "${id}"; known are ${known.join(', ') || 'none'}.`);
  }
  const path = join(root, id, 'scenario.yaml');
  let value: unknown;
  try {
    value = parse(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new UserError(`${path} cannot be read (${reason}).`);
  }
  return readScenario(value, `scenarios/${id}/scenario.yaml`);
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
