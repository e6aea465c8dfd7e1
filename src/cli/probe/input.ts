import { type ByteSource, openSource } from '../../capture/byte-source.ts';
import { UserError } from '../../core/errors.ts';

/** More than a text of JavaScript can hold with room for what is made of it. */
export const MAX_INPUT_BYTES = 256 * 1024 * 1024;
const PART_BYTES = 1024 * 1024;

/**
 * Reads saved output whole: a file, a pipe, or "-" for standard input, packed with gzip or not.
 * @throws UserError when it cannot be read or is too large; the signal's reason when aborted
 */
export async function readInput(path: string, signal: AbortSignal): Promise<string> {
  const source = await openSource(path, signal);
  try {
    return (await readAll(source, path, signal)).toString('utf8');
  } finally {
    source.close();
  }
}

async function readAll(source: ByteSource, path: string, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for (;;) {
    const part = Buffer.allocUnsafe(PART_BYTES);
    const length = await source.read(part);
    if (signal.aborted) throw signal.reason;
    if (length === 0) break;
    size += length;
    if (size > MAX_INPUT_BYTES) {
      throw new UserError(
        `${path} is larger than ${MAX_INPUT_BYTES / 1024 ** 2} MiB; cut it into parts, for example with split.`,
      );
    }
    // Small parts of a pipe do not keep a large buffer each.
    parts.push(length < PART_BYTES / 2 ? Buffer.from(part.subarray(0, length)) : part.subarray(0, length));
  }
  return Buffer.concat(parts, size);
}
