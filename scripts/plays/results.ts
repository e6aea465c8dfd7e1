import { existsSync, readFileSync } from 'node:fs';

/** The lines of a results file; none when there is no such file. */
export function readResults<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}
