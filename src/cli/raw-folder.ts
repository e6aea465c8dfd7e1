import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RawCapture } from '../capture/raw-capture.ts';
import { EXIT, UserError } from '../core/errors.ts';

/** Made before the watching, for the owner's eyes only. @throws UserError when it is there already */
export function makeRawFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it exists already' : (code ?? String(error));
    throw new UserError(`--keep-raw ${folder} cannot be made (${why}); name a new folder.`);
  }
}

/**
 * One file a tool, word for word: the lines that evidence names are lines of these files.
 * @returns the failure to tell behind the report, when they could not be written
 */
export async function writeRaw(folder: string, capture: RawCapture): Promise<UserError | undefined> {
  const files = capture.outputs.map(({ source, text }): [string, string] => [
    `${source.replaceAll(/[^\w]+/g, '-').replaceAll(/^-|-$/g, '')}.txt`,
    text,
  ]);
  if (capture.strace) files.push([`${capture.tracer?.name ?? 'strace'}.log`, capture.strace.text]);
  try {
    for (const [name, text] of files) await writeFile(join(folder, name), text, { mode: 0o600 });
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOSPC' ? 'the disk is full' : (code ?? String(error));
    return new UserError(`${folder} cannot be written (${why}).`, EXIT.failure);
  }
}
