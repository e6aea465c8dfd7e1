import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { EXIT, UserError } from '../../core/errors.ts';
import type { Write } from '../../recording/writer.ts';
import type { Io } from '../command.ts';
import { openFifo } from '../fifo.ts';

/** Where a recording goes while it is made. */
export interface OutputFile {
  /** As messages call it. */
  readonly name: string;
  readonly bytes: number;
  /** @throws UserError with exit code 1 when it cannot be written */
  readonly write: Write;
  close(): Promise<void>;
}

/**
 * Opens a new file for the owner's eyes only, or standard output for "-".
 * @param option as messages call it: "--output"
 * @throws UserError when it is there already and `force` is not given, or when it cannot be written
 */
export async function openOutputFile(
  path: string,
  option: string,
  force: boolean,
  io: Io,
): Promise<OutputFile> {
  if (path === '-') return standardOutput(option, io);
  const before = await stat(path).catch(() => undefined);
  if (before?.isFile() && !force) {
    throw new UserError(`${option} ${path} exists already; --force writes over it. Nothing was started.`);
  }
  if (before?.isFIFO()) return fifoOutput(path, option, io);
  let file: FileHandle;
  try {
    // A device or a pipe that is there is written to; a file must be new, also when it came up just now.
    file = await open(path, before === undefined ? 'wx' : 'w', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'no such folder'
        : code === 'EISDIR'
          ? 'it is a directory'
          : (code ?? String(error));
    throw new UserError(`${option} ${path} cannot be written (${why}); nothing was started.`);
  }
  const output: OutputFile = new Counted(
    path,
    async (bytes) => {
      await file.writeFile(bytes);
    },
    async () => {
      await file.close();
      // A file of ours that not even a beginning fitted into tells nobody anything.
      if (before === undefined && output.bytes === 0) await rm(path, { force: true });
    },
  );
  return output;
}

async function fifoOutput(path: string, option: string, io: Io): Promise<OutputFile> {
  try {
    const fifo = await openFifo(path, io.signal);
    return new Counted(path, fifo.write, fifo.close);
  } catch (error) {
    const why = io.signal.aborted
      ? 'nobody reads from it'
      : ((error as NodeJS.ErrnoException).code ?? String(error));
    throw new UserError(
      `${option} ${path} cannot be written (${why}); nothing was started.`,
      io.signal.aborted ? EXIT.inconclusive : EXIT.usage,
    );
  }
}

function standardOutput(option: string, io: Io): OutputFile {
  if ('isTTY' in io.stdout && io.stdout.isTTY === true)
    throw new UserError(`${option} -: a recording is no text for a terminal; send it into a file or a pipe.`);
  const write: Write = (bytes) =>
    new Promise((settle, fail) => {
      io.stdout.write(bytes, (error) => (error ? fail(error) : settle()));
    });
  return new Counted('standard output', write, async () => undefined);
}

class Counted implements OutputFile {
  bytes = 0;

  constructor(
    readonly name: string,
    private readonly put: Write,
    readonly close: () => Promise<void>,
  ) {}

  readonly write: Write = async (bytes) => {
    try {
      await this.put(bytes);
      this.bytes += bytes.length;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOSPC' ? 'the disk is full' : (code ?? String(error));
      const kept =
        this.bytes > 0 ? ' What was written before stays readable, as an incomplete recording.' : '';
      throw new UserError(`${this.name} cannot be written (${why}).${kept}`, EXIT.failure);
    }
  };
}
