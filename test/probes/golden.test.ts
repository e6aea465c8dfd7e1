import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROBES } from '../../src/probes/index.ts';
import { fixtures, golden } from './fixtures.ts';

const all = fixtures();

describe('golden files', () => {
  it.each(all.map((fixture) => [fixture.name, fixture] as const))('%s', (_, fixture) => {
    expect(golden(fixture)).toBe(readFileSync(fixture.expectedPath, 'utf8'));
  });

  it('has a fixture for every probe', () => {
    const covered = new Set(all.map((fixture) => fixture.probe.name));
    expect([...PROBES.keys()].filter((name) => !covered.has(name))).toEqual([]);
  });

  it('has no expectation without its output', () => {
    for (const name of PROBES.keys()) {
      const files = all.some((fixture) => fixture.probe.name === name)
        ? readdirSync(new URL(`../fixtures/${name}`, import.meta.url))
        : [];
      const orphans = files.filter(
        (file) => /\.json$/.test(file) && !files.includes(file.replace(/json$/, 'out')),
      );
      expect(orphans).toEqual([]);
    }
  });

  it.each(all.map((fixture) => [fixture.name, fixture] as const))(
    '%s points at its own lines',
    (_, fixture) => {
      const lines = fixture.text.split(/\r?\n/);
      const { items, problems } = fixture.probe.parse(fixture.text);
      expect(items.length + problems.length).toBeGreaterThan(0);
      for (const item of items) expect(item.text).toBe(lines[item.line - 1]);
      for (const { line, reason } of problems) {
        expect(line).toBeGreaterThan(0);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(reason).not.toBe('');
      }
    },
  );

  it.each(all.map((fixture) => [fixture.name, fixture] as const))(
    '%s reads the same with CRLF',
    (_, fixture) => {
      expect(fixture.probe.parse(fixture.text.replaceAll('\n', '\r\n'))).toEqual(
        fixture.probe.parse(fixture.text),
      );
    },
  );
});

describe('the outputs of the case', () => {
  const parse = (name: string) => {
    const fixture = all.find((candidate) => candidate.name === name)!;
    return fixture.probe.parse(fixture.text);
  };

  it.each([
    ['top/ubuntu1804-case--output', 'top/ubuntu1804-case--pasted'],
    ['iostat/ubuntu1804-case--output', 'iostat/ubuntu1804-case--pasted'],
    ['pidstat/ubuntu1804-case--output', 'pidstat/ubuntu1804-case--pasted'],
    ['lsof/ubuntu1804-case--p', 'lsof/ubuntu1804-case--p-pasted'],
    ['nsenter/ubuntu1804-case--i', 'nsenter/ubuntu1804-case--i-pasted'],
  ])('%s and the same with its prompt hold the same, without a problem', (plain, pasted) => {
    const withoutLine = ({ items }: ReturnType<typeof parse>) =>
      items.map(({ line: _line, ...item }) => item);
    expect(withoutLine(parse(pasted))).toEqual(withoutLine(parse(plain)));
    expect(parse(plain).problems).toEqual([]);
    expect(parse(pasted).problems).toEqual([]);
  });

  it('top shows a core that waits for the disk, and memory that is free', () => {
    const { items } = parse('top/ubuntu1804-case--output');
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'cpu', cpu: '0', iowaitPercent: 84.7, idlePercent: 5.7 }),
    );
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'memory', totalKib: 8_169_300, freeKib: 7_342_244 }),
    );
    const process = {
      kind: 'process',
      pid: 9085,
      state: 'D',
      cpuPercent: 5,
      command: 'redis-server',
      cpuSeconds: 4.34,
    };
    expect(items).toContainEqual(expect.objectContaining(process));
  });

  it('iostat shows a disk that is written to and not busy', () => {
    const disk = {
      kind: 'disk',
      device: 'sda',
      writesPerSec: 492,
      writeKibPerSec: 2672,
      writeAwaitMs: 1.76,
      utilPercent: 0,
    };
    expect(parse('iostat/ubuntu1804-case--output').items).toEqual([expect.objectContaining(disk)]);
  });

  it('pidstat shows who writes', () => {
    const row = {
      kind: 'process-io',
      pid: 9085,
      writeKibPerSec: 636,
      ioDelayTicks: 1,
      command: 'redis-server',
    };
    expect(parse('pidstat/ubuntu1804-case--output').items).toContainEqual(expect.objectContaining(row));
  });

  it('lsof shows the file behind descriptor 7 and the client behind descriptor 8', () => {
    const file = {
      pid: 9085,
      fd: 7,
      access: 'w',
      type: 'REG',
      name: '/data/appendonly.aof',
      sizeBytes: 8_830_146,
    };
    expect(parse('lsof/ubuntu1804-case--p').items).toContainEqual(expect.objectContaining(file));
    const [outside] = parse('lsof/ubuntu1804-case--p').items.filter(
      (item) => item.kind === 'descriptor' && item.fd === 8,
    );
    const [inside] = parse('nsenter/ubuntu1804-case--i').items.filter(
      (item) => item.kind === 'descriptor' && item.fd === 8,
    );
    expect(outside).toMatchObject({ type: 'sock', inode: 15_448_709 });
    expect(inside).toMatchObject({
      inode: 15_448_709,
      localAddress: 'localhost:6379',
      remoteAddress: 'localhost:32996',
    });
  });
});
