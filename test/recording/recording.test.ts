import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RawCapture } from '../../src/capture/raw-capture.ts';
import { DamagedRecording } from '../../src/recording/damage.ts';
import { compare } from '../../src/recording/diff.ts';
import { diffBlocks } from '../../src/recording/diff-view.ts';
import { FORMAT, type Manifest, TEXT_CHARS } from '../../src/recording/format.ts';
import { judge } from '../../src/recording/judge.ts';
import { readRecording } from '../../src/recording/reader.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { terminalBlocks } from '../../src/report/terminal.ts';
import { iostatText, topText } from '../support/tool-output.ts';
import { LSOF, slowQuery, TraceLog } from '../support/trace-log.ts';

const MANIFEST: Manifest = {
  ...{ format: FORMAT, perfcase: '0.1.0', redacted: true, startedAt: '2026-01-01T00:00:00.000Z' },
  ...{
    utcOffsetMinutes: 60,
    target: { pid: 9085, comm: 'redis-server' },
    asked: { seconds: 10, tracer: 'auto' },
  },
  machine: { kernel: '6.1.0', os: 'Debian', arch: 'x64', cpus: 2, memoryMiB: 8000, node: '20.19.0' },
  tools: { strace: '6.1', iostat: null },
};

const POLICY = '> CONFIG GET appendfsync\nappendfsync always\n';

function captureOf(log: TraceLog, extra: Partial<RawCapture> = {}): RawCapture {
  return {
    ...{ target: { pid: 9085, comm: 'redis-server' }, startedAt: MANIFEST.startedAt, seconds: 10 },
    outputs: [
      { probe: 'redis', source: 'redis', text: POLICY },
      { probe: 'top', source: 'top', text: topText() },
      { probe: 'iostat', source: 'iostat', text: iostatText([{ device: 'sda' }]) },
      { probe: 'lsof', source: 'lsof', text: LSOF },
    ],
    strace: { text: log.text, threads: [[9085, 9085]], slowdown: 2 },
    tracer: { name: 'strace', events: log.text.split('\n').length - 1 },
    ...{
      missing: { pidstat: 'pidstat is not installed' },
      clients: [{ address: '127.0.0.1:1' }],
      untraced: true,
    },
    ...extra,
  };
}

/** As `record` writes it: what was undisturbed first, the rest at the end. */
async function written(
  capture: RawCapture,
  manifest = MANIFEST,
): Promise<{ bytes: Buffer; kept: RawCapture; members: number[] }> {
  const chunks: Uint8Array[] = [];
  const writer = await RecordingWriter.begin(async (bytes) => void chunks.push(bytes), manifest);
  await writer.undisturbed(capture.outputs.slice(0, 3), capture.missing);
  const kept = await writer.finish(capture);
  return { bytes: Buffer.concat(chunks), kept, members: chunks.map(({ length }) => length) };
}

async function* inChunks(bytes: Uint8Array, size = 4096): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (bytes: Uint8Array, size?: number) => readRecording(inChunks(bytes, size));

const reportOf = (recording: Parameters<typeof judge>[0]) => judge(recording, { redact: true }).report;

const slow = captureOf(slowQuery(new TraceLog(), 60));

describe('a recording', () => {
  it('holds the capture as it was judged when it was made', async () => {
    const { bytes, kept } = await written(slow);
    for (const size of [1, 7, 4096, 1 << 20]) {
      const recording = await read(bytes, size);
      expect(recording).toEqual({ manifest: MANIFEST, capture: kept });
      expect(JSON.stringify(reportOf(recording))).toBe(
        JSON.stringify(reportOf({ manifest: MANIFEST, capture: kept })),
      );
    }
    const { findings, verdict } = reportOf(await read(bytes));
    expect(verdict).toBe('found');
    expect(findings.map(({ id }) => id)).toContain('write-in-read-path');
  });

  it('is redacted, and the diagnosis is the one without redaction', async () => {
    const open = { ...MANIFEST, redacted: false };
    const raw = await written(slow, open);
    const redacted = await written(slow);
    expect(raw.kept).toEqual(slow);
    expect(gunzipSync(raw.bytes).toString()).toContain('06ac-11e9');
    expect(gunzipSync(redacted.bytes).toString()).not.toContain('06ac-11e9');
    const { recording: was, blindSpots: warnings, ...before } = reportOf(await read(raw.bytes));
    const { recording: is, ...after } = reportOf(await read(redacted.bytes));
    expect(after).toEqual(before);
    expect([was.redacted, is.redacted]).toEqual([false, true]);
    expect(warnings).toEqual(['The recording is not redacted: it holds keys and values of others.']);
  });

  it('may be unpacked, and packed again as a whole', async () => {
    const { bytes, kept } = await written(slow);
    const text = gunzipSync(bytes);
    expect((await read(text)).capture).toEqual(kept);
    expect((await read(gzipSync(text))).capture).toEqual(kept);
    expect(JSON.parse(text.toString().split('\n', 1)[0]!)).toEqual(MANIFEST);
  });

  it('keeps texts of any length and any bytes', async () => {
    const text = `${'x'.repeat(TEXT_CHARS - 1)}ÿ\n\u0000\ud800"\\${'y'.repeat(2 * TEXT_CHARS)}\n`;
    const capture = captureOf(new TraceLog(), {
      outputs: [
        { probe: 'lsof', source: 'lsof', text, pid: 7 },
        { probe: 'top', source: 'top', text: '' },
      ],
    });
    const { bytes } = await written(capture, { ...MANIFEST, redacted: false });
    expect((await read(bytes)).capture.outputs).toEqual(capture.outputs);
  });

  it('passes over parts that it does not know', async () => {
    const { bytes, kept } = await written(slow);
    const lines = gunzipSync(bytes).toString().trimEnd().split('\n');
    lines.splice(2, 0, JSON.stringify({ part: 'weather', text: 'fine' }));
    lines[lines.length - 1] = JSON.stringify({ part: 'end', parts: lines.length - 1 });
    expect((await read(Buffer.from(`${lines.join('\n')}\n`))).capture).toEqual(kept);
  });
});

describe('a recording that was cut', () => {
  let bytes: Buffer;
  let members: number[];
  beforeAll(async () => {
    ({ bytes, members } = await written(captureOf(slowQuery(new TraceLog(), 10))));
  });

  it('at any byte gives what was written before, and is marked incomplete', async () => {
    const whole = await read(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      if (length < members[0]!) {
        // The manifest is there as soon as its line is, which may be before the end of its packing.
        await read(cut).then(
          ({ manifest }) => expect(manifest).toEqual(MANIFEST),
          (error: unknown) => expect(error).toMatchObject({ name: 'DamagedRecording', tooLittle: true }),
        );
        continue;
      }
      const { manifest, capture, endedBefore } = await read(cut);
      expect(manifest).toEqual(MANIFEST);
      expect(whole.capture.outputs.slice(0, capture.outputs.length)).toEqual(capture.outputs);
      if (capture.strace) expect(whole.capture.strace!.text.startsWith(capture.strace.text)).toBe(true);
      // The end mark may be readable while the last bytes of its packing are missing.
      if (endedBefore === undefined) expect(length).toBeGreaterThan(bytes.length - members.at(-1)!);
    }
  });

  it('before the tracing is inconclusive, in words', async () => {
    const upTo = members.slice(0, 5).reduce((sum, each) => sum + each, 0);
    const report = reportOf(await read(bytes.subarray(0, upTo)));
    expect(report).toMatchObject({ verdict: 'inconclusive', recording: { complete: false } });
    expect(report.blindSpots).toEqual([
      'The recording is incomplete: it ended before the system calls were traced.',
    ]);
  });

  it('with nothing found is inconclusive: the cause may stand in the missing part', async () => {
    const quiet = new TraceLog({ appendfsync: 'off' }).times(400, (log, index) =>
      log.turn(8, ['GET', `k:${index}`], '$1\r\na\r\n'),
    );
    const made = await written(captureOf(quiet));
    expect(reportOf(await read(made.bytes)).verdict).toBe('clear');
    const cut = reportOf(await read(made.bytes.subarray(0, made.bytes.length - made.members.at(-1)!)));
    expect(cut).toMatchObject({
      verdict: 'inconclusive',
      summary: expect.stringContaining('its recording ended before'),
    });
  });
});

describe('a file that is damaged or foreign', () => {
  it('with any bytes changed is refused in words, or read', async () => {
    const { bytes } = await written(captureOf(slowQuery(new TraceLog(), 10)));
    const text = gunzipSync(bytes);
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), changes, async (packed, edits) => {
        const changed = Buffer.from(packed ? bytes : text);
        for (const [at, byte] of edits) changed[at % changed.length] = byte;
        const outcome = await read(changed).then(
          (recording) => reportOf(recording).verdict,
          (error: unknown) => error,
        );
        if (typeof outcome !== 'string') expect(outcome).toBeInstanceOf(DamagedRecording);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['text', Buffer.from('hello\n'), /^is no recording of perfcase$/],
    ['text without a line end', Buffer.from('hello'), /^is no recording of perfcase$/],
    ['a packed log', gzipSync('1 read(3, "", 1) = 0\n'), /^is no recording of perfcase$/],
    ['JSON', Buffer.from('{"schema":"perfcase.report/1"}\n'), /^is no recording of perfcase$/],
    ['nothing', Buffer.alloc(0), /^was cut before its first part/],
    [
      'a later format',
      Buffer.from('{"format":"perfcase.recording/2"}\n'),
      /later perfcase .*update perfcase$/,
    ],
    ['a manifest of another shape', Buffer.from(`{"format":"${FORMAT}","perfcase":7}\n`), /damaged/],
    [
      'parts of another shape',
      Buffer.from(`${JSON.stringify(MANIFEST)}\n{"part":"output","text":[]}\n`),
      /damaged/,
    ],
    ['parts that are none', Buffer.from(`${JSON.stringify(MANIFEST)}\n[]\n`), /damaged/],
    [
      'parts missing',
      Buffer.from(`${JSON.stringify(MANIFEST)}\n{"part":"end","parts":9}\n`),
      /parts of it are missing/,
    ],
    [
      'more behind the end',
      Buffer.from(`${JSON.stringify(MANIFEST)}\n{"part":"end","parts":1}\n{"part":"missing","missing":{}}\n`),
      /behind its end/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it('that unpacks to very much is given up early', async () => {
    async function* zeros(): AsyncGenerator<Uint8Array> {
      const packed = gzipSync(Buffer.alloc(64 * 1024 * 1024));
      for (let each = 0; each < 1000; each++) yield packed;
    }
    await expect(readRecording(zeros())).rejects.toThrow(/a part is too long/);
  });
});

describe('two recordings', () => {
  const side = (capture: RawCapture, manifest = MANIFEST) => ({
    manifest,
    ...judge({ manifest, capture }, { redact: true }),
  });

  it('differ in causes, requests, rates, settings and surroundings', () => {
    const quiet = new TraceLog({ appendfsync: 'everysec' }).times(400, (log, index) =>
      log.turn(8, ['GET', `k:${index}`], '$1\r\na\r\n'),
    );
    const after = captureOf(quiet, {
      outputs: [{ probe: 'redis', source: 'redis', text: POLICY.replace(' always', ' everysec') }],
    });
    const diff = compare(
      side(slow),
      side(after, { ...MANIFEST, perfcase: '0.2.0', tools: { strace: '6.2' } }),
    );
    expect(diff.causes).toContainEqual(
      expect.objectContaining({ id: 'fsync-per-write', change: 'gone', severity: { before: 'critical' } }),
    );
    expect(diff.settings).toEqual([{ directive: 'appendfsync', before: 'always', after: 'everysec' }]);
    expect(diff.surroundings).toEqual([
      { name: 'perfcase that recorded', before: '0.1.0', after: '0.2.0' },
      { name: 'strace', before: '6.1', after: '6.2' },
      { name: 'iostat', before: 'missing' },
    ]);
    expect(diff.measures.find(({ name }) => name === 'syncs')).toMatchObject({
      before: expect.any(Number),
      after: 0,
    });
    const text = terminalBlocks(diffBlocks(diff), { colour: false });
    expect(text).toMatch(/causes gone: .*fsync-per-write/);
    expect(text).toMatch(/appendfsync +always +everysec/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('of two programs say so first; of one, or of who knows which, they do not', () => {
    const diff = compare(side(slow), side(slow));
    const textOf = (before: string | undefined, after: string | undefined) => {
      const head = (which: 'before' | 'after', comm: string | undefined) => {
        const { comm: _comm, ...target } = diff[which].target;
        return { ...diff[which], target: comm === undefined ? target : { ...target, comm } };
      };
      const sides = { before: head('before', before), after: head('after', after) };
      return terminalBlocks(diffBlocks({ ...diff, ...sides }), { colour: false }).replace(/\s+/g, ' ');
    };
    expect(textOf('redis-server', 'node')).toContain('two programs, redis-server before and node after');
    expect(textOf('redis-server', 'redis-server')).not.toContain('two programs');
    expect(textOf(undefined, 'node')).not.toContain('two programs');
  });

  it('that are alike differ in nothing', () => {
    const diff = compare(side(slow), side(slow));
    expect(diff.causes.every(({ change }) => change === 'stayed')).toBe(true);
    expect([diff.settings, diff.surroundings]).toEqual([[], []]);
    expect(diff.requests.every(({ commands }) => Object.keys(commands).length === 0)).toBe(true);
    for (const block of diffBlocks(diff)) {
      if (block.kind !== 'table') continue;
      for (const column of block.head.keys())
        expect(
          block.rows.some((row) => row[column] !== ''),
          block.head[column],
        ).toBe(true);
    }
  });
});
