import type { RawCapture, RawOutput } from '../../capture/raw-capture.ts';
import type { LiveTarget } from '../../capture/target.ts';
import { UserError } from '../../core/errors.ts';
import type { Manifest } from '../../recording/format.ts';
import type { ToJudge } from '../../recording/judge.ts';
import { RecordingWriter } from '../../recording/writer.ts';
import type { Io } from '../command.ts';
import type { Watch } from '../watch-options.ts';
import { manifestFor } from './manifest.ts';
import { type OutputFile, openOutputFile } from './output-file.ts';

/** Keeps a recording beside a diagnosis. When it can no longer be written, the diagnosis goes on without it. */
export class RecordingKeeper {
  /** Why the recording is not whole; told when the report is printed. */
  failure: UserError | undefined;

  private constructor(
    private readonly file: OutputFile,
    private readonly writer: RecordingWriter,
    private readonly manifest: Manifest,
    private readonly io: Io,
  ) {}

  /** @throws UserError when the file cannot be made, or not even its beginning be written */
  static async open(
    path: string,
    target: LiveTarget,
    watch: Watch,
    redacted: boolean,
    io: Io,
  ): Promise<RecordingKeeper> {
    const file = await openOutputFile(path, '--record', false, io);
    try {
      const manifest = await manifestFor(target, watch, redacted, io);
      return new RecordingKeeper(file, await RecordingWriter.begin(file.write, manifest), manifest, io);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async undisturbed(outputs: readonly RawOutput[], missing: Readonly<Record<string, string>>): Promise<void> {
    await this.attempt(() => this.writer.undisturbed(outputs, missing));
  }

  /** @returns what the recording holds; undefined when it could not be written */
  async finish(capture: RawCapture): Promise<ToJudge | undefined> {
    const endedBy = this.io.signal.aborted ? String(this.io.signal.reason) : undefined;
    const kept = await this.attempt(() => this.writer.finish(capture, endedBy));
    const { manifest } = this;
    return kept && { manifest, capture: kept, ...(endedBy === undefined ? {} : { endedBy }) };
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    if (this.failure) return undefined;
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.failure = error;
      return undefined;
    }
  }
}
