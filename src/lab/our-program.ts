import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT, UserError } from '../core/errors.ts';

/** Programs that are the CLI: the bundle, its link in a bin folder, and the entry in the sources. */
const ENTRY = /[/\\]perfcase(\.js|\.ts)?$/;
const BUILT = fileURLToPath(new URL('../../dist/perfcase.js', import.meta.url));

/** How this program is called again, when it was called as the CLI. */
export function ourCommand(): [string, ...string[]] | undefined {
  const entry = process.argv[1];
  if (entry === undefined || !ENTRY.test(entry)) return undefined;
  return [process.execPath, ...process.execArgv, entry];
}

/** The same; where something else has loaded us (tests do), the built CLI. @throws UserError when it is not built */
export function ourCommandOrBuilt(): [string, ...string[]] {
  const command = ourCommand();
  if (command) return command;
  if (!existsSync(BUILT)) throw new UserError(`${BUILT} is missing; npm run build makes it.`, EXIT.failure);
  return [process.execPath, BUILT];
}
