import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/command.ts';
import { openFifo } from '../../src/cli/fifo.ts';
import { openOutputFile } from '../../src/cli/recording/output-file.ts';
import { writeReport } from '../../src/cli/report-output.ts';
import { EXIT } from '../../src/core/errors.ts';

let folder: string;
let fifo: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perfcase-fifo-'));
  fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What another process reads from the FIFO until its end. */
async function reader(): Promise<string> {
  const child = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}

function io(signal: AbortSignal): { readonly io: Io; readonly printed: () => string } {
  let printed = '';
  const stdout = new Writable({
    write(bytes: Buffer, _encoding, done) {
      printed += bytes.toString('utf8');
      done();
    },
  });
  return { io: { stdout, stderr: stdout, env: {}, exitCode: EXIT.ok, signal }, printed: () => printed };
}

describe('a FIFO that is written to', () => {
  it('waits for its reader, who gets everything', async () => {
    const opening = openFifo(fifo, new AbortController().signal);
    const received = reader();
    const writer = await opening;
    const big = 'x'.repeat(300_000);
    await writer.write('first\n');
    await writer.write(Buffer.from(big));
    await writer.close();
    expect(await received).toBe(`first\n${big}`);
  });

  it('tells when its reader has gone', async () => {
    const child = spawn('head', ['-c', '1', fifo], { stdio: 'ignore' });
    const writer = await openFifo(fifo, new AbortController().signal);
    const ended = once(child, 'exit');
    await writer.write('x');
    await ended;
    await expect(writer.write('y')).rejects.toMatchObject({ code: 'EPIPE' });
    await writer.close();
  });

  it('is given up when the run is interrupted', async () => {
    const abort = new AbortController();
    const opening = openFifo(fifo, abort.signal);
    abort.abort('SIGINT');
    await expect(opening).rejects.toBe('SIGINT');
  });

  it('takes a report; one that nobody fetches stands on standard output', async () => {
    const received = reader();
    await writeReport('the report\n', fifo, io(new AbortController().signal).io);
    expect(await received).toBe('the report\n');

    const abort = new AbortController();
    const alone = io(abort.signal);
    const writing = writeReport('the report\n', fifo, alone.io);
    abort.abort('SIGINT');
    await expect(writing).rejects.toMatchObject({
      message: `${fifo} cannot be written (nobody reads from it); the report stands on standard output instead.`,
      exitCode: EXIT.inconclusive,
    });
    expect(alone.printed()).toBe('the report\n');
  });

  it('takes a recording; nothing is started while nobody reads', async () => {
    const received = reader();
    const file = await openOutputFile(fifo, '--output', false, io(new AbortController().signal).io);
    await file.write(Buffer.from('a part'));
    await file.close();
    expect(await received).toBe('a part');
    expect(file.bytes).toBe(6);

    const abort = new AbortController();
    const opening = openOutputFile(fifo, '--output', false, io(abort.signal).io);
    abort.abort('SIGTERM');
    await expect(opening).rejects.toMatchObject({
      message: `--output ${fifo} cannot be written (nobody reads from it); nothing was started.`,
      exitCode: EXIT.inconclusive,
    });
  });
});
