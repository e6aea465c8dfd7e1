import { describe, expect, it } from 'vitest';
import { deriveTrace } from '../../src/analyzers/derive/trace.ts';
import { assemble } from '../../src/capture/assemble.ts';
import { compare } from '../../src/capture/canary.ts';
import { parseStrace } from '../../src/probes/strace.ts';

const pings = (from: number, count: number, tookMs: number) =>
  Array.from({ length: count }, (_, at) => ({ atMs: from + at * 100, tookMs }));

describe('pings before and while a tracer is attached', () => {
  it('compares medians, and leaves out the rests between windows', () => {
    const all = [...pings(0, 10, 0.1), ...pings(1000, 5, 2), ...pings(1500, 10, 0.2), ...pings(2500, 5, 4)];
    const traced = [
      { fromMs: 1000, toMs: 1500 },
      { fromMs: 2500, toMs: 3000 },
    ];
    expect(compare(all, traced)).toEqual({ beforeMs: 0.1, duringMs: 2, count: 10 });
  });

  it('says nothing of too few, or of none', () => {
    expect(compare(pings(0, 2, 1), [{ fromMs: 500, toMs: 600 }])).toBeUndefined();
    expect(
      compare([...pings(0, 9, 1), ...pings(1000, 2, 1)], [{ fromMs: 1000, toMs: 1200 }]),
    ).toBeUndefined();
    expect(compare(pings(0, 9, 1), [])).toBeUndefined();
    expect(compare([], [{ fromMs: 0, toMs: 1 }])).toBeUndefined();
  });
});

describe("perfcase's own connection in a log", () => {
  const line = (at: number, call: string) => `[pid 7] 1700000000.00000${at} ${call} <0.000001>\n`;
  const ask = (fd: number, at: number) =>
    line(at, `read(${fd}, "*1\\r\\n$4\\r\\nPING\\r\\n", 99) = 14`) +
    line(at + 1, `write(${fd}, "+PONG\\r\\n", 7) = 7`);
  const derive = (text: string, ownFds: number[]) =>
    deriveTrace({
      items: parseStrace(text).items,
      source: 'strace',
      groups: new Map(),
      targetPid: 7,
      descriptors: [],
      ownFds,
    });

  it('is no command, no call and no connection', () => {
    const trace = derive(ask(9, 1) + ask(8, 3), [9]);
    expect(trace.commands).toHaveLength(1);
    expect(trace.calls).toBe(2);
    expect(trace.conversations.map(({ channel }) => channel.fd)).toEqual([8]);
  });

  it('is left out of what a capture tells', () => {
    const capture = {
      ...{ target: { pid: 7 }, outputs: [], missing: {}, clients: [] },
      strace: { text: ask(9, 1) + ask(8, 3), threads: [[7, 7] as const], ownFds: [9] },
    };
    expect(assemble(capture, { redact: true }).facts.trace?.commands).toHaveLength(1);
  });

  it('is somebody else’s when its descriptor was closed and given away again', () => {
    const trace = derive(
      ask(9, 1) + line(3, 'close(9) = 0') + line(4, 'accept(3, NULL, NULL) = 9') + ask(9, 5),
      [9],
    );
    expect(trace.commands).toHaveLength(1);
  });
});
