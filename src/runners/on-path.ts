import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a program can be started by its name; one that is named by its path is taken at its word. */
export function isOnPath(program: string, path = process.env.PATH ?? ''): boolean {
  if (program.includes('/')) return true;
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
