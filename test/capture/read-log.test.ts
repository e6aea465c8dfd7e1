import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSource } from '../../src/capture/byte-source.ts';
import { readLogs } from '../../src/capture/read-log.ts';
import { readInput } from '../../src/cli/probe/input.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perfcase-read-log-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

function file(name: string, bytes: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function fifo(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

async function write(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, 'w');
  await handle.writeFile(bytes);
  await handle.close();
}

const LOG = Array.from(
  { length: 9000 },
  (_, n) =>
    `[pid  9085] ${(1_700_000_000 + n / 1000).toFixed(6)} fdatasync(7) = 0 <0.0001${10 + (n % 90)}>\n`,
).join('');

describe('logs', () => {
  it('are refused when one is given twice, also under another name', async () => {
    const path = file('given-twice', LOG);
    const link = join(folder, 'another-name');
    symlinkSync(path, link);
    const options = { signal, progress: () => undefined };
    await expect(readLogs([path, file('other', LOG), path], options)).rejects.toThrow(
      /given-twice is given twice; leave one out/,
    );
    await expect(readLogs([path, link], options)).rejects.toThrow(
      /another-name is the same file as .*given-twice/,
    );
    await expect(readLogs(['-', '-'], options)).rejects.toThrow(/^- is given twice/);
  });

  it('that are small are whole, with the lines of each', async () => {
    const paths = [file('a', 'one\ntwo'), file('b', 'three\n'), file('c', '')];
    expect(await readLogs(paths, { signal, progress: () => undefined })).toEqual({
      kind: 'whole',
      text: 'one\ntwo\nthree\n',
      logLines: [2, 1, 0],
    });
  });

  it('give the same from a file, packed, packed in parts, and from a FIFO', async () => {
    const bytes = Buffer.from(LOG);
    const options = { signal, progress: () => undefined, wholeBytes: 100_000 };
    const expected = await readLogs([file('plain', bytes)], options);
    expect(expected).toMatchObject({ kind: 'large', logLines: [9000] });
    expect(expected).toMatchObject({ census: { calls: 9000, lines: 9000, bytes: bytes.length, unread: 0 } });
    expect(await readLogs([file('packed', gzipSync(bytes))], options)).toEqual(expected);
    const parts = [bytes.subarray(0, 70_001), bytes.subarray(70_001)].map((part) => gzipSync(part));
    expect(await readLogs([file('parts', Buffer.concat(parts))], options)).toEqual(expected);
    const path = fifo('fifo');
    const [read] = await Promise.all([readLogs([path], options), write(path, bytes)]);
    expect(read).toEqual(expected);
  });

  it('one behind the other keep their own line counts when they are long', async () => {
    const options = { signal, progress: () => undefined, wholeBytes: 100_000 };
    const read = await readLogs([file('first', LOG.trimEnd()), file('second', LOG.slice(0, 900))], options);
    const lines = LOG.slice(0, 900).split('\n').length;
    expect(read.logLines).toEqual([9000, lines]);
    expect(read).toMatchObject({ kind: 'large', census: { lines: 9000 + lines } });
  });

  it('that were cut while packed are read as far as they go, and that is said', async () => {
    const told: string[] = [];
    const packed = gzipSync(Buffer.from(LOG));
    const path = file('cut.gz', packed.subarray(0, packed.length >> 1));
    const read = await readLogs([path], { signal, progress: (line) => told.push(line) });
    expect(read).toMatchObject({ kind: 'whole' });
    expect(read.logLines[0]).toBeGreaterThan(100);
    expect(told.join()).toContain('the packed file ends early');
  });
});

describe('what cannot be read', () => {
  it.each([
    ['no such file', () => join(folder, 'nothing')],
    ['it is a directory', () => folder],
    [
      'the packed file is damaged',
      () => file('bad.gz', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])),
    ],
  ])('is told in one line: %s', async (reason, path) => {
    await expect(readLogs([path()], { signal, progress: () => undefined })).rejects.toThrow(reason);
    await expect(readInput(path(), signal)).rejects.toThrow(reason);
  });

  it('a FIFO that nobody writes to is given up when one is interrupted', async () => {
    const abort = new AbortController();
    const reading = readLogs([fifo('silent')], { signal: abort.signal, progress: () => undefined });
    abort.abort('SIGINT');
    await expect(reading).rejects.toBe('SIGINT');
  });

  it('a FIFO that falls silent is given up too', async () => {
    const abort = new AbortController();
    const path = fifo('half');
    const reading = openSource(path, abort.signal).then(async (source) => {
      const room = new Uint8Array(100);
      while ((await source.read(room)) > 0) abort.abort('SIGTERM');
    });
    // It may be given up before the writer is back.
    const givenUp = expect(reading).rejects.toBe('SIGTERM');
    const writer = await open(path, 'w');
    await writer.write('half a line');
    await givenUp;
    await writer.close();
  });

  it('a long file is given up between two of its parts', async () => {
    const abort = new AbortController();
    const path = file('long', Buffer.alloc(40 * 1024 * 1024, LOG));
    const reading = readLogs([path], { signal: abort.signal, progress: () => undefined });
    abort.abort('SIGINT');
    await expect(reading).rejects.toBe('SIGINT');
  });
});
