import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/analyzers/engine.ts';
import { VERSION } from '../../src/core/version.ts';
import { BOTH, queryThatWrites } from '../support/app-log.ts';
import { outputs, topText } from '../support/tool-output.ts';
import { factsOf, LSOF, reportOf, slowQuery, TraceLog } from '../support/trace-log.ts';

/** The fields that scripts rely on; more may be there, none of these may be missing or be called otherwise. */
const whole = () => {
  const facts = factsOf(`${slowQuery(new TraceLog()).text}${queryThatWrites().text}`, {
    ...outputs({ top: topText(), lsof: LSOF }),
    ...BOTH,
    target: {
      ...{ pid: 9085, comm: 'redis-server', container: 'redis', netns: '4026532262' },
      server: { kind: 'redis', version: '7.0.15', port: 6379 },
    },
    clients: [{ pid: 9181, comm: 'python', address: '127.0.0.1:32996', container: 'app' }],
  });
  return diagnose(facts, {
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 10,
    tracer: { name: 'strace', events: 41872, lost: 0, overhead: { fraction: 0.04, how: 'measured' } },
  });
};

describe('the report of the contract', () => {
  const report = JSON.parse(JSON.stringify(whole()));

  it('has its head', () => {
    expect(report).toMatchObject({
      schema: 'perfcase.report/1',
      perfcase: VERSION,
      target: {
        ...{ pid: 9085, comm: 'redis-server', container: 'redis', netns: '4026532262' },
        server: { kind: 'redis', version: '7.0.15', port: 6379 },
      },
      window: { startedAt: '2026-01-01T00:00:00.000Z', seconds: 10 },
      tracer: { name: 'strace', events: 41872, lost: 0, overhead: { fraction: 0.04, how: 'measured' } },
      clients: [{ pid: 9181, comm: 'python', address: '127.0.0.1:32996', container: 'app' }],
    });
    expect(report.summary).toMatch(/^\S.*\S$/);
  });

  it('has findings with all their parts', () => {
    expect(report.findings.length).toBeGreaterThanOrEqual(3);
    for (const finding of report.findings) {
      expect(finding).toMatchObject({
        id: expect.stringMatching(/^[a-z-]+$/),
        severity: expect.stringMatching(/^(?:info|warning|critical)$/),
        confidence: expect.any(Number),
        title: expect.any(String),
        why: expect.any(String),
        fix: { summary: expect.any(String), cost: expect.any(String) },
      });
      for (const measure of Object.values(finding.measures)) {
        expect(measure).toEqual({ value: expect.any(Number), unit: expect.any(String) });
      }
      for (const each of finding.evidence) {
        expect(Object.keys(each).filter((key) => !['source', 'line', 'text'].includes(key))).toEqual([]);
      }
    }
    const fsync = report.findings.find(({ id }: { id: string }) => id === 'fsync-per-write');
    expect(fsync.measures).toMatchObject({ fsyncPerSec: { unit: '1/s' }, fsyncP50: { unit: 'ms' } });
    expect(fsync.fix.command).toBe('CONFIG SET appendfsync everysec');
    expect(fsync.evidence).toContainEqual(
      expect.objectContaining({
        source: 'strace',
        line: expect.any(Number),
        text: expect.stringContaining('fdatasync(7) = 0'),
      }),
    );
  });

  it('has what was ruled out and what was not checked, each with its reason', () => {
    for (const each of [...report.ruledOut, ...report.notChecked]) {
      expect(each).toMatchObject({ id: expect.any(String), because: expect.any(String) });
    }
    expect(report.ruledOut.map(({ id }: { id: string }) => id)).toContain('cpu-saturated');
  });

  it('has the endpoints of a traced client', () => {
    expect(report.endpoints).toEqual([
      {
        name: 'GET /get_cache/good',
        requests: 1,
        seconds: { p50: expect.any(Number), max: expect.any(Number) },
        commands: { SCAN: 1, GET: 60, SADD: 20, SMEMBERS: 1, DEL: 1 },
      },
    ]);
  });

  it('names no secret of a query string', () => {
    expect(JSON.stringify(report)).not.toContain('planted-token');
  });
});

describe('what was not measured', () => {
  it('is absent, never 0', () => {
    const log = slowQuery(new TraceLog())
      .text.replaceAll(/ \d\d:\d\d:\d\d\.\d{6}/g, '')
      .replaceAll(/ <\d\.\d+>/g, '');
    const report = reportOf(log, { lsof: LSOF });
    expect(report.findings.length).toBeGreaterThan(0);
    for (const finding of report.findings) expect(finding).not.toHaveProperty('share');
    const fsync = report.findings.find(({ id }) => id === 'fsync-per-write')!;
    expect(Object.keys(fsync.measures).sort()).toEqual(['appendsPerSync', 'fsyncs']);
    expect(report.window).toEqual({});
    expect(report).not.toHaveProperty('tracer');
  });

  it('no field of a report is null or not a number', () => {
    const visit = (value: unknown): void => {
      expect(value).not.toBeNull();
      expect(value).not.toBeUndefined();
      if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      if (typeof value === 'object') for (const each of Object.values(value as object)) visit(each);
    };
    for (const report of [whole(), reportOf(undefined), reportOf(slowQuery(new TraceLog()))]) visit(report);
  });
});

describe('times out of all proportion', () => {
  it('shares stay between 0 and 1 whatever the slowdown', () => {
    for (const slowdown of [1, 1.5, 10, 1000]) {
      const { findings } = reportOf(slowQuery(new TraceLog()), { slowdown, lsof: LSOF });
      for (const { share } of findings) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
    }
  });
});
