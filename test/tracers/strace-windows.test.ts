import { describe, expect, it } from 'vitest';
import { deriveTrace } from '../../src/analyzers/derive/trace.ts';
import { parseStrace } from '../../src/probes/strace.ts';
import type { StraceCapture, StraceWindow } from '../../src/tracers/strace.ts';
import { traceInWindows } from '../../src/tracers/strace-windows.ts';

const signal = () => new AbortController().signal;

/** A strace that prints one line a window, and counts them. */
function strace(over: Partial<Extract<StraceCapture, { status: 'captured' }>> = {}) {
  const seen: StraceWindow[] = [];
  const watch = async (window: StraceWindow): Promise<StraceCapture> => {
    seen.push(window);
    window.onAttached?.();
    window.onWindowEnd?.();
    const text = `170000000${seen.length}.000000 read(8, "x", 1) = 1 <0.000010>\n`;
    return { ...{ status: 'captured', text, tracedMs: 10, full: false, stuck: [] }, ...over };
  };
  return { seen, watch };
}

const request = { pids: [process.pid], durationMs: 100, windows: { onMs: 10, everyMs: 40 } };

describe('strace in windows', () => {
  it('watches several times, and says where it did not', async () => {
    const { seen, watch } = strace();
    let attached = 0;
    const capture = await traceInWindows({
      ...{ ...request, signal: signal(), watch },
      onAttached: () => attached++,
    });
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(attached).toBe(seen.length);
    expect(seen[0]).toMatchObject({ durationMs: 10 });
    expect(capture).toMatchObject({ status: 'captured', tracedMs: 10 * seen.length, full: false, stuck: [] });
    const { items, problems } = parseStrace(capture.status === 'captured' ? capture.text : '');
    expect(problems).toEqual([]);
    expect(items.filter(({ kind }) => kind === 'syscall')).toHaveLength(seen.length);
    expect(items.filter((item) => item.kind === 'trace-event' && item.event === 'gap')).toHaveLength(
      seen.length - 1,
    );
  });

  it.each([
    ['the log is full', { full: true }],
    ['a process stays traced', { stuck: ['pid 1 is still traced'] }],
  ])('ends when %s', async (_name, over) => {
    const { seen, watch } = strace(over);
    expect(await traceInWindows({ ...request, signal: signal(), watch })).toMatchObject(over);
    expect(seen).toHaveLength(1);
  });

  it('keeps no more calls than it may', async () => {
    const { seen, watch } = strace();
    const capture = await traceInWindows({ ...request, signal: signal(), watch, maxCalls: 1 });
    expect(seen).toHaveLength(1);
    expect(capture).toMatchObject({ full: true });
  });

  it('hands on why the first window failed', async () => {
    const failed: StraceCapture = { status: 'failed', reason: 'strace is not installed' };
    expect(await traceInWindows({ ...request, signal: signal(), watch: async () => failed })).toEqual(failed);
  });

  it('keeps what it has when a later window fails', async () => {
    const { seen, watch } = strace();
    const capture = await traceInWindows({
      ...{ ...request, signal: signal() },
      watch: async (window) =>
        seen.length > 0 ? { status: 'failed', reason: 'the process ended' } : watch(window),
    });
    expect(capture).toMatchObject({ status: 'captured', tracedMs: 10 });
  });

  it('stops between two windows when it is told to', async () => {
    const stop = new AbortController();
    const { seen, watch } = strace();
    const capture = await traceInWindows({
      ...{ ...request, durationMs: 600_000, windows: { onMs: 10, everyMs: 300_000 }, signal: stop.signal },
      watch: async (window) => {
        setTimeout(() => stop.abort(), 5);
        return watch(window);
      },
    });
    expect(seen).toHaveLength(1);
    expect(capture.status).toBe('captured');
  });
});

describe('a log with gaps', () => {
  const derive = (text: string) =>
    deriveTrace({
      ...{ items: parseStrace(text).items, source: 'strace', groups: new Map(), descriptors: [] },
      targetPid: 1,
    });
  const line = (at: string, call: string) => `[pid 1] 17000000${at} ${call} <0.000010>\n`;
  const get = (at: string) => line(at, 'read(8, "*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\na\\r\\n", 100) = 20');
  const gap = '... not watched for 2.700 s\n';

  it('answers nothing across a gap', () => {
    const nil = line('03.000000', 'write(8, "$-1\\r\\n", 5) = 5');
    const { commands, blindSpots } = derive(
      `${get('00.000000')}${gap}${nil}${get('03.100000')}${line('03.200000', 'write(8, "$2\\r\\nok\\r\\n", 8) = 8')}`,
    );
    expect(commands.map(({ name, reply }) => [name, reply?.text])).toEqual([
      ['GET', undefined],
      ['GET', 'ok'],
    ]);
    expect(blindSpots).toEqual([
      'Calls were watched in 2 short windows, each attached mid-stream; what began in one and ended behind it is not used.',
    ]);
  });

  it('does not put the halves of two commands together', () => {
    const first = line('00.000000', 'read(8, "*2\\r\\n$3\\r\\nGET\\r\\n$4\\r\\nab", 100) = 19');
    const rest = line('03.000000', 'read(8, "yz\\r\\n", 100) = 4');
    expect(derive(`${get('00.000000')}${first}${gap}${rest}${get('03.100000')}`).commands).toHaveLength(2);
  });

  it('holds no command in a sync behind the gap', () => {
    const sync = line('03.000000', 'fdatasync(7) = 0');
    const append = line('02.900000', 'write(7, "*1\\r\\n$4\\r\\nINCR\\r\\n", 14) = 14');
    const { syncs } = derive(`${get('00.000000')}${gap}${append}${sync}`);
    expect(syncs.map(({ held }) => held.length)).toEqual([0]);
  });
});
