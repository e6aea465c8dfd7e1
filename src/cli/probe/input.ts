import { createReadStream } from 'node:fs';
import { UserError } from '../../core/errors.ts';

/** More than a text of JavaScript can hold with room for what is made of it. */
export const MAX_INPUT_BYTES = 256 * 1024 * 1024;

/**
 * Reads saved output whole: a file, a pipe, or "-" for standard input.
 * @throws UserError when it cannot be read or is too large; the signal's reason when aborted
 */
export async function readInput(path: string, signal: AbortSignal): Promise<string> {
  const source = path === '-' ? process.stdin : createReadStream(path);
  const stop = () =>
    source.destroy(signal.reason instanceof Error ? signal.reason : new Error('interrupted'));
  signal.addEventListener('abort', stop, { once: true });
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of source) {
      const bytes = Buffer.from(part as Uint8Array);
      size += bytes.length;
      if (size > MAX_INPUT_BYTES) break;
      parts.push(bytes);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new UserError(
      `${path} cannot be read (${reasonOf(error)}); give a file that you may read, or - for standard input.`,
    );
  } finally {
    signal.removeEventListener('abort', stop);
    source.destroy();
  }
  if (size > MAX_INPUT_BYTES) {
    throw new UserError(
      `${path} is larger than ${MAX_INPUT_BYTES / 1024 ** 2} MiB; cut it into parts, for example with split.`,
    );
  }
  const bytes = Buffer.concat(parts);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new UserError(`${path} is compressed; unpack it first: gunzip -c ${path} | perfcase … -`);
  }
  return bytes.toString('utf8');
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EISDIR':
      return 'it is a directory';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    default:
      return code ?? String(error);
  }
}
