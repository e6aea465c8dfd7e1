import { gzipSync } from 'node:zlib';
import type { RawCapture, RawOutput } from '../capture/raw-capture.ts';
import { type CaptureHead, type Manifest, type Part, TEXT_CHARS } from './format.ts';
import { Redactor } from './redact/capture.ts';

/** Takes bytes to where the recording is kept. @throws when they cannot be written */
export type Write = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes a recording while it is made: each part is whole on its way before the next begins. What is private never
 * gets here unless the manifest says that it is not redacted.
 */
export class RecordingWriter {
  private parts = 0;
  private readonly redactor: Redactor | undefined;
  private readonly written = new Set<RawOutput>();

  private constructor(
    private readonly write: Write,
    redacted: boolean,
  ) {
    this.redactor = redacted ? new Redactor() : undefined;
  }

  /** Writes the manifest. @throws what `write` throws, here and in every method */
  static async begin(write: Write, manifest: Manifest): Promise<RecordingWriter> {
    const writer = new RecordingWriter(write, manifest.redacted);
    await writer.line(manifest);
    return writer;
  }

  /** What the tools printed before anything was traced, as soon as it is there. */
  async undisturbed(outputs: readonly RawOutput[], missing: Readonly<Record<string, string>>): Promise<void> {
    for (const output of outputs) await this.output(output);
    await this.line({ part: 'missing', missing } satisfies Part);
  }

  /**
   * The rest of the capture, and the end.
   * @param endedBy the signal that ended the watching before its time
   * @returns the capture as it stands in the recording: what is judged now is what is judged later
   */
  async finish(capture: RawCapture, endedBy?: string): Promise<RawCapture> {
    const kept = this.redactor ? this.redactor.capture(capture) : capture;
    const { outputs: _, strace, ...rest } = kept;
    const { text = '', ...reading } = strace ?? {};
    const head: CaptureHead = {
      ...rest,
      ...(strace ? { strace: reading as Omit<typeof strace, 'text'> } : {}),
    };
    for (const output of capture.outputs) await this.output(output);
    await this.line({ part: 'capture', capture: head } satisfies Part);
    for (const each of slices(text)) await this.line({ part: 'log', text: each } satisfies Part);
    const end: Part = { part: 'end', parts: this.parts, ...(endedBy === undefined ? {} : { endedBy }) };
    await this.line(end);
    return kept;
  }

  private async output(output: RawOutput): Promise<void> {
    if (this.written.has(output)) return;
    this.written.add(output);
    const kept = this.redactor ? this.redactor.output(output) : output;
    if (!kept) return;
    const texts = slices(kept.text);
    for (const [index, text] of (texts.length > 0 ? texts : ['']).entries()) {
      const more = index < texts.length - 1;
      await this.line({ part: 'output', ...kept, text, ...(more ? { more } : {}) } satisfies Part);
    }
  }

  private async line(part: Part | Manifest): Promise<void> {
    await this.write(gzipSync(`${JSON.stringify(part)}\n`));
    this.parts++;
  }
}

/** A text in pieces that end with a line where they can. */
function slices(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const limit = from + TEXT_CHARS;
    const line = limit < text.length ? text.lastIndexOf('\n', limit - 1) + 1 : text.length;
    const end = line > from ? line : limit;
    parts.push(text.slice(from, end));
    from = end;
  }
  return parts;
}
