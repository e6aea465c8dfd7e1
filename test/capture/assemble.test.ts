import { describe, expect, it } from 'vitest';
import { seen } from '../../src/analyzers/facts.ts';
import { assemble } from '../../src/capture/assemble.ts';
import type { RawCapture } from '../../src/capture/raw-capture.ts';
import { topText } from '../support/tool-output.ts';
import { bulk, LSOF, TraceLog } from '../support/trace-log.ts';

const INSIDE = [
  'COMMAND    PID            USER   FD   TYPE   DEVICE SIZE/OFF NODE NAME',
  'redis-ser 9085 systemd-network    6u  IPv4 15447972      0t0  TCP localhost:6379 (LISTEN)',
  'redis-ser 9085 systemd-network    8u  IPv4 15448709      0t0  TCP localhost:6379->localhost:32996 (ESTABLISHED)',
  'redis-ser 9085 systemd-network    9u  IPv4 15448710      0t0  TCP localhost:6379->localhost:32998 (ESTABLISHED)',
  'python    9181            root    5u  IPv4 15449632      0t0  TCP localhost:32996->localhost:6379 (ESTABLISHED)',
].join('\n');

const capture = (over: Partial<RawCapture> = {}): RawCapture => ({
  ...{ target: { pid: 9085 }, outputs: [], missing: {}, clients: [] },
  ...over,
});
const facts = (over?: Partial<RawCapture>, redact = true) => assemble(capture(over), { redact }).facts;
const lsof = (text: string, source = 'lsof') => ({ probe: 'lsof', source, text });

describe('raw texts', () => {
  it('become sightings that name their tool', () => {
    const { sightings } = facts({ outputs: [lsof(LSOF), { probe: 'top', source: 'top', text: topText() }] });
    expect(new Set(sightings.map(({ source }) => source))).toEqual(new Set(['lsof', 'top']));
    expect(seen({ sightings }, 'descriptor')).toHaveLength(2);
  });

  it('are counted, with the lines that were not read', () => {
    const { read } = assemble(
      capture({
        outputs: [lsof(LSOF), { probe: 'iostat', source: 'iostat', text: 'no such table\n' }],
        strace: { text: 'read(8, "x', threads: [] },
      }),
      { redact: true },
    );
    expect(read.map(({ source, items, problems }) => [source, items, problems.length > 0])).toEqual([
      ['lsof', 2, false],
      ['iostat', 0, true],
      ['strace', 0, true],
    ]);
  });

  it('of a tool that nobody knows are left alone', () => {
    expect(facts({ outputs: [{ probe: 'vmstat', source: 'vmstat', text: 'x' }] }).sightings).toEqual([]);
  });

  it('always give the same facts', () => {
    const same = capture({
      outputs: [lsof(LSOF)],
      strace: { text: new TraceLog().turn(8, ['GET', 'a'], bulk('b')).text, threads: [] },
    });
    const once = assemble(same, { redact: true }).facts.trace!;
    const again = assemble(same, { redact: true }).facts.trace!;
    expect(again.commands.map(({ name, atUs }) => [name, atUs])).toEqual(
      once.commands.map(({ name, atUs }) => [name, atUs]),
    );
  });
});

describe('what is missing', () => {
  it('is absent, with its reason', () => {
    const without = facts({
      straceMissing: 'strace is not installed',
      configMissing: 'NOAUTH',
      missing: { iostat: 'not there' },
    });
    expect(without).not.toHaveProperty('trace');
    expect(without).toMatchObject({ traceMissing: 'strace is not installed', configMissing: 'NOAUTH' });
    expect(without.missing.get('iostat')).toBe('not there');
    for (const field of ['targetCpu', 'swapped', 'untraced', 'otherTracer', 'ended'])
      expect(without).not.toHaveProperty(field);
  });
});

describe('clients', () => {
  it('come from lsof of the network namespace, when nobody looked them up', () => {
    expect(facts({ outputs: [lsof(LSOF), lsof(INSIDE, 'lsof -i')] }).clients).toEqual([
      { pid: 9181, comm: 'python', address: 'localhost:32996' },
    ]);
  });

  it('that were looked up stay as they are', () => {
    const clients = [{ pid: 1, comm: 'app', address: '10.0.0.1:5' }];
    expect(facts({ outputs: [lsof(INSIDE)], clients }).clients).toEqual(clients);
  });
});

describe('the configuration', () => {
  it('is kept by directive, with the line it was read from', () => {
    const text = '1) "appendfsync"\n2) "always"\n3) "appendonly"\n4) "yes"\n';
    const { config } = facts({ outputs: [{ probe: 'redis', source: 'redis', text }] });
    expect(config.get('appendfsync')).toMatchObject({ source: 'redis', item: { value: 'always', line: 2 } });
  });
});

describe('passwords of command lines', () => {
  const outputs = [
    {
      probe: 'top',
      source: 'top',
      text: topText().replace('redis-server', 'redis-server --requirepass planted'),
    },
  ];
  it('are left out', () => {
    expect(JSON.stringify(facts({ outputs }).sightings)).not.toContain('planted');
    expect(JSON.stringify(facts({ outputs }, false).sightings)).toContain('planted');
  });
});
