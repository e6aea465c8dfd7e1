import { assembleConfig } from '../../../src/kvserver/config/assemble.ts';
import { ByteSink } from '../../../src/kvserver/rdb/byte-sink.ts';
import { ByteSource } from '../../../src/kvserver/rdb/byte-source.ts';
import { type LoadedRdb, loadRdb } from '../../../src/kvserver/rdb/load.ts';
import { Server } from '../../../src/kvserver/server.ts';
import { freeze } from '../../../src/kvserver/store/frozen.ts';
import { FakeClock } from '../harness.ts';

/** Bytes as a string, one character each, from numbers and strings. */
export function bytes(...parts: readonly (number | string)[]): string {
  return parts.map((part) => (typeof part === 'number' ? String.fromCharCode(part) : part)).join('');
}

/** A string with its length before it, for strings that are shorter than 16 KB. */
export function text(content: string): string {
  const sink = new ByteSink(false);
  sink.size(content.length);
  sink.raw(content);
  return sink.take().toString('latin1');
}

/** A file with one key in database 0, without a checksum. */
export function fileWith(type: number, value: string, before = ''): Buffer {
  return file(bytes(0xfe, 0, before, type, text('key'), value));
}

export function file(body: string, version = '0010'): Buffer {
  return Buffer.from(bytes(`REDIS${version}`, body, 0xff, '\0'.repeat(8)), 'latin1');
}

/** A server without sockets, to load into. */
export function emptyServer(directives: Readonly<Record<string, string>> = {}): Server {
  const { config } = assembleConfig(
    Object.entries(directives).map(([name, value]) => ({ name, words: value.split(' '), where: name })),
  );
  return new Server({ config, clock: new FakeClock() });
}

/** Loads a file, with a small read buffer in effect: every piece comes alone. */
export function load(
  content: Buffer,
  server = emptyServer(),
  piece = content.length,
): LoadedRdb & { server: Server } {
  let at = 0;
  const source = ByteSource.from(content.length, (buffer, offset) => {
    const length = content.copy(buffer, offset, at, Math.min(at + piece, content.length));
    at += length;
    return length;
  });
  const options = {
    keyspaces: server.keyspaces,
    dropExpiredAt: server.clock.now(),
    verifyChecksum: true,
    use: server.accessClock,
    log: (line: string) => logged.push(line),
  };
  return { ...loadRdb(source, options), server };
}

export const logged: string[] = [];

/** What the only key holds, as plain data. */
export function loadedValue(content: Buffer): unknown {
  const { server } = load(content);
  const value = server.keyspaces[0]!.table.get('key');
  return value === undefined ? undefined : freeze(value);
}
