import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../core/errors.ts';
import { scenarioIds, scenarioRoot } from '../scenario/catalogue.ts';
import { type Lesson, readLesson } from './lesson.ts';

const FILE = 'lesson.yaml';

/** Ids of the scenarios that have a lesson. */
export async function lessonIds(): Promise<string[]> {
  const ids = await scenarioIds();
  const root = await scenarioRoot();
  const has = await Promise.all(
    ids.map((id) =>
      access(join(root ?? '', id, FILE)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return ids.filter((_id, at) => has[at]);
}

/** @throws UserError for a scenario that is unknown or has no lesson, and for a lesson that does not fit the schema */
export async function loadLesson(id: string): Promise<Lesson> {
  const known = await lessonIds();
  if (!known.includes(id))
    throw new UserError(`there is no workshop "${id}"; known are ${known.join(', ') || 'none'}.`);
  const path = join((await scenarioRoot()) ?? '', id, FILE);
  let value: unknown;
  try {
    value = parse(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new UserError(`${path} cannot be read (${reason}).`);
  }
  return readLesson(value, `scenarios/${id}/${FILE}`);
}
