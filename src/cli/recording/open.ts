import { openStream } from '../../capture/byte-source.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { DamagedRecording } from '../../recording/damage.ts';
import type { Recording } from '../../recording/format.ts';
import { readRecording } from '../../recording/reader.ts';
import type { Io } from '../command.ts';

/** Reads a recording from a file, or from standard input for "-". @throws UserError in one line */
export async function openRecording(path: string, io: Io): Promise<Recording> {
  const source = openStream(path);
  const stop = () => source.destroy(new Error('interrupted'));
  io.signal.addEventListener('abort', stop, { once: true });
  try {
    return await readRecording(source as AsyncIterable<Uint8Array>);
  } catch (error) {
    if (io.signal.aborted) throw io.signal.reason;
    if (error instanceof DamagedRecording) {
      const log = /no recording/.test(error.message) ? ' A log of strace is given with --strace.' : '';
      throw new UserError(
        `${path} ${error.message}.${log}`,
        error.tooLittle ? EXIT.inconclusive : EXIT.usage,
      );
    }
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a directory' : (code ?? message);
    throw new UserError(
      `${path} cannot be read (${why}); give a recording that you may read, or - for standard input.`,
    );
  } finally {
    io.signal.removeEventListener('abort', stop);
    source.destroy();
  }
}
