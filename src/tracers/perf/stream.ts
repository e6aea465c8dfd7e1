/**
 * Counts the samples in what `perf record -o -` writes, so that a window can end when it has enough. The rest is left to
 * `perf script`. The format: tools/perf/Documentation/perf.data-file-format.txt, "pipe-mode"; little endian.
 */
const MAGIC = 'PERFILE2';
/** struct perf_pipe_file_header: the magic and its own size. */
const FILE_HEADER = 16;
/** struct perf_event_header: type (32 bits), misc (16), size (16). */
const EVENT_HEADER = 8;
const RECORD_SAMPLE = 9;
/** Behind this event stand as many more bytes as its 32 bits behind the header say, up to a multiple of eight. */
const HEADER_TRACING_DATA = 66;

export class PerfStream {
  readonly chunks: Buffer[] = [];
  bytes = 0;
  samples = 0;
  /** It began as such a stream does. */
  isBegun = false;
  private isStrange = false;
  private rest: Buffer = Buffer.alloc(0);
  /** Bytes until the next header. */
  private skip = 0;

  feed(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (!this.isStrange) this.scan(chunk);
  }

  private scan(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    if (!this.isBegun) {
      if (bytes.length < FILE_HEADER) {
        this.rest = bytes;
        return;
      }
      this.isStrange = bytes.toString('latin1', 0, 8) !== MAGIC;
      if (this.isStrange) return;
      this.isBegun = true;
      at = Number(bytes.readBigUInt64LE(8));
    }
    at += this.skip;
    // The widest header that is looked into: that of tracing data.
    while (at + EVENT_HEADER + 4 <= bytes.length) {
      const type = bytes.readUInt32LE(at);
      const size = bytes.readUInt16LE(at + 6);
      if (size < EVENT_HEADER) {
        this.isStrange = true;
        return;
      }
      if (type === RECORD_SAMPLE) this.samples++;
      const more = type === HEADER_TRACING_DATA ? (bytes.readUInt32LE(at + EVENT_HEADER) + 7) & ~7 : 0;
      at += size + more;
    }
    this.skip = Math.max(0, at - bytes.length);
    this.rest = at < bytes.length ? bytes.subarray(at) : Buffer.alloc(0);
  }
}
