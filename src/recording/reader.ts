import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { RawCapture, RawOutput } from '../capture/raw-capture.ts';
import { DamagedRecording } from './damage.ts';
import type { CaptureHead, Manifest, Recording } from './format.ts';
import { manifestOf, partOf } from './validate.ts';

/** A part is 512 Ki characters of text at most, of which each takes six bytes of JSON at most. */
const MAX_PART_BYTES = 4 * 1024 * 1024;
/** All texts together: what a live capture holds at most, with room. */
const MAX_TEXT_CHARS = 320 * 1024 * 1024;
/** Small files can unpack to anything; nothing beyond this is looked at. */
const MAX_BYTES = 2 * MAX_TEXT_CHARS;

/**
 * Reads a recording, packed or unpacked. One that was cut gives what was written before. Memory is bounded whatever
 * the file holds.
 * @throws DamagedRecording, and what `source` throws
 */
export async function readRecording(source: AsyncIterable<Uint8Array>): Promise<Recording> {
  const reader = new PartReader();
  const { isRest, mayBeOne } = await eachLine(source, (line) => reader.take(line));
  return reader.finish(isRest, mayBeOne);
}

interface End {
  /** Something stands behind the last whole line. */
  readonly isRest: boolean;
  /** It is empty, or packed: a recording that was cut at once looks like that. */
  readonly mayBeOne: boolean;
}

async function eachLine(source: AsyncIterable<Uint8Array>, take: (line: string) => void): Promise<End> {
  let pending: Buffer[] = [];
  let held = 0;
  let total = 0;
  let isPacked = false;
  try {
    const stream = await unpacked(source);
    isPacked = stream.isPacked;
    for await (const chunk of stream.chunks) {
      total += chunk.length;
      if (total > MAX_BYTES) throw new DamagedRecording('is larger than any recording that perfcase makes');
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        take(Buffer.concat([...pending, chunk.subarray(from, end)]).toString('utf8'));
        pending = [];
        held = 0;
        from = end + 1;
      }
      if (from < chunk.length) pending.push(chunk.subarray(from));
      held += chunk.length - from;
      if (held > MAX_PART_BYTES)
        throw new DamagedRecording('is damaged, or no recording of perfcase (a part is too long)');
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') return { isRest: held > 0, mayBeOne: true };
    if (code?.startsWith('Z_')) throw new DamagedRecording(`is damaged (${(error as Error).message})`);
    throw error;
  }
  return { isRest: held > 0, mayBeOne: isPacked || total === 0 };
}

/** The stream without its packing, if it has one. */
async function unpacked(
  source: AsyncIterable<Uint8Array>,
): Promise<{ isPacked: boolean; chunks: AsyncIterable<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  for (let size = 0; size < 2; size = first.reduce((sum, each) => sum + each.length, 0)) {
    const { done, value } = await chunks.next();
    if (done) break;
    first.push(Buffer.from(value));
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield* first;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      yield Buffer.from(next.value);
  }
  const head = Buffer.concat(first);
  // The first byte of a packed file, and nothing else.
  if (head.length === 1 && head[0] === 0x1f) return { isPacked: true, chunks: Readable.from([]) };
  if (head[0] !== 0x1f || head[1] !== 0x8b) return { isPacked: false, chunks: all() };
  const gunzip = createGunzip();
  const input = Readable.from(all());
  input.on('error', (error) => gunzip.destroy(error));
  return { isPacked: true, chunks: input.pipe(gunzip) };
}

/** Puts the parts together. */
class PartReader {
  private manifest: Manifest | undefined;
  private head: CaptureHead | undefined;
  private missing: Readonly<Record<string, string>> = {};
  private readonly outputs: { output: RawOutput; texts: string[] }[] = [];
  private goesOn = false;
  private readonly log: string[] = [];
  private characters = 0;
  private parts = 0;
  private end: { readonly endedBy?: string } | undefined;

  take(line: string): void {
    if (this.end) throw new DamagedRecording('is damaged (something stands behind its end)');
    const value = parsed(line, this.manifest !== undefined);
    if (!this.manifest) {
      this.manifest = manifestOf(value);
      this.parts = 1;
      return;
    }
    const part = partOf(value);
    if (part?.part !== 'end') this.parts++;
    switch (part?.part) {
      case undefined:
        return;
      case 'output': {
        const { part: _, more = false, text, ...output } = part;
        const last = this.outputs.at(-1);
        this.count(text);
        if (this.goesOn && last) last.texts.push(text);
        else this.outputs.push({ output: { ...output, text: '' }, texts: [text] });
        this.goesOn = more;
        return;
      }
      case 'missing':
        this.missing = part.missing;
        return;
      case 'capture':
        this.head = part.capture;
        return;
      case 'log':
        this.count(part.text);
        this.log.push(part.text);
        return;
      case 'end':
        if (part.parts !== this.parts) throw new DamagedRecording('is damaged (parts of it are missing)');
        this.end = part.endedBy === undefined ? {} : { endedBy: part.endedBy };
        return;
      default:
        part satisfies never;
    }
  }

  /** @param mayBeOne whether a file without a manifest may be a recording that was cut at once */
  finish(isRest: boolean, mayBeOne: boolean): Recording {
    const { manifest, end } = this;
    if (!manifest) {
      if (!mayBeOne) throw new DamagedRecording('is no recording of perfcase');
      throw new DamagedRecording('was cut before its first part, or is no recording of perfcase', true);
    }
    if (end && isRest) throw new DamagedRecording('is damaged (something stands behind its end)');
    const capture = this.capture(manifest);
    if (!end) return { manifest, capture, endedBefore: this.endedBefore() };
    return { manifest, capture, ...end };
  }

  private endedBefore(): string {
    return this.head ? 'before the end of the log of system calls' : 'before the system calls were traced';
  }

  private capture(manifest: Manifest): RawCapture {
    const outputs = this.outputs.map(({ output, texts }) => ({ ...output, text: texts.join('') }));
    if (!this.head) {
      const { target, startedAt } = manifest;
      const straceMissing = 'the recording was cut before the system calls were traced';
      return { target, startedAt, outputs, missing: this.missing, clients: [], straceMissing };
    }
    const { strace, ...rest } = this.head;
    if (!strace) return { ...rest, outputs };
    const whole = this.log.join('');
    if (this.end) return { ...rest, outputs, strace: { ...strace, text: whole } };
    const text = whole.slice(0, whole.lastIndexOf('\n') + 1);
    if (text === '')
      return { ...rest, outputs, straceMissing: 'the recording was cut before its log of system calls' };
    const { tracer } = rest;
    const events = text.split('\n').length - 1;
    return {
      ...rest,
      outputs,
      strace: { ...strace, text },
      ...(tracer ? { tracer: { ...tracer, events } } : {}),
    };
  }

  private count(text: string): void {
    this.characters += text.length;
    if (this.characters > MAX_TEXT_CHARS)
      throw new DamagedRecording('is larger than any recording that perfcase makes');
  }
}

function parsed(line: string, isKnown: boolean): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new DamagedRecording(
      isKnown ? 'is damaged (a part is not well formed)' : 'is no recording of perfcase',
    );
  }
}
