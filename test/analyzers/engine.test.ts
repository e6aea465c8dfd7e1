import { describe, expect, it } from 'vitest';
import { diagnose, exitCodeOf } from '../../src/analyzers/engine.ts';
import { found, type Rule } from '../../src/analyzers/rule.ts';
import { RULES } from '../../src/analyzers/rules/index.ts';
import type { Finding, Report, Verdict } from '../../src/core/finding.ts';
import { busyReader, webServer } from '../support/logs.ts';
import { reading } from '../support/readings.ts';
import { outputs, topText } from '../support/tool-output.ts';
import { factsOf, LSOF, reportOf, slowQuery, TraceLog } from '../support/trace-log.ts';

const finding = (id: string, over: Partial<Finding> = {}): Finding => ({
  ...{ id, severity: 'warning', confidence: 0.9, title: `Title of ${id}`, why: 'Why.', measures: {} },
  evidence: [{ source: 'strace', line: 1, text: 'line' }],
  ...over,
});
const rule = (id: string, check: () => Verdict): Rule => ({ id, question: `${id}?`, check });
const finds = (id: string, over: Partial<Finding> = {}) => rule(id, () => found(finding(id, over)));
const facts = () => factsOf(busyReader());
const setting = { fix: { summary: 'Set it.', command: 'CONFIG SET a b', cost: 'None.' } };

describe('ranking', () => {
  it('goes by severity, then what one command mends, then share, then confidence', () => {
    const rules = [
      finds('unsure', { confidence: 0.3 }),
      finds('sure', { confidence: 0.9 }),
      finds('small', { share: 0.2 }),
      finds('large', { share: 0.6 }),
      finds('setting', { share: 0.1, ...setting }),
      finds('info', { severity: 'info', share: 0.9 }),
      finds('critical', { severity: 'critical' }),
    ];
    const { findings } = diagnose(facts(), {}, rules);
    expect(findings.map(({ id }) => id)).toEqual([
      'critical',
      'setting',
      'large',
      'small',
      'sure',
      'unsure',
      'info',
    ]);
  });
});

describe('rules that cannot answer', () => {
  it("a crash is that rule's result and no one else's", () => {
    const report = diagnose(facts(), {}, [
      rule('broken', () => {
        throw new TypeError('x is not a function');
      }),
      finds('works'),
    ]);
    expect(report.findings.map(({ id }) => id)).toEqual(['works']);
    expect(report.notChecked).toEqual([
      { id: 'broken', because: 'the rule failed (a defect of perfcase): x is not a function' },
    ]);
  });

  it('what is thrown need be no Error', () => {
    const [broken] = diagnose(facts(), {}, [
      rule('broken', () => {
        throw 'a string';
      }),
    ]).notChecked;
    expect(broken!.because).toContain('a string');
  });

  it('a finding without evidence is not printed', () => {
    const report = diagnose(facts(), {}, [finds('baseless', { evidence: [] })]);
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('clear');
    expect(report.notChecked).toMatchObject([
      { id: 'baseless', because: expect.stringContaining('no captured line') },
    ]);
  });

  it.each(['insufficient', 'not-applicable', 'crashed'] as const)('%s is not checked', (kind) => {
    const report = diagnose(facts(), {}, [rule('r', () => ({ kind, because: 'so' }))]);
    expect(report.notChecked).toEqual([{ id: 'r', because: 'so' }]);
    expect(report.ruledOut).toEqual([]);
  });

  it('a rule that fails says nothing about the server: without a finding, that is inconclusive', () => {
    const crashed = rule('r', () => {
      throw new Error('boom');
    });
    const report = diagnose(facts(), {}, [crashed, rule('b', () => ({ kind: 'clear', because: 'so' }))]);
    expect(report.verdict).toBe('inconclusive');
    expect(exitCodeOf(report, 'warning')).toBe(4);
  });

  it('what is clear is ruled out, with its evidence where it has some', () => {
    const evidence = [{ source: 'top', text: 'line' }];
    const report = diagnose(facts(), {}, [
      rule('a', () => ({ kind: 'clear', because: 'so', evidence })),
      rule('b', () => ({ kind: 'clear', because: 'so' })),
    ]);
    expect(report.ruledOut).toEqual([
      { id: 'a', because: 'so', evidence },
      { id: 'b', because: 'so' },
    ]);
  });
});

describe('exit codes', () => {
  const report = (severities: readonly Finding['severity'][], verdict: Report['verdict'] = 'found') => ({
    ...diagnose(facts(), {}, []),
    verdict,
    findings: severities.map((severity) => finding('f', { severity })),
  });
  it.each([
    [['info'], 'info', 3],
    [['info'], 'warning', 0],
    [['warning'], 'warning', 3],
    [['warning'], 'critical', 0],
    [['critical'], 'critical', 3],
    [['critical', 'info'], 'warning', 3],
    [['critical'], 'never', 0],
    [[], 'info', 0],
  ] as const)('%j with --fail-on %s is %i', (severities, failOn, code) => {
    expect(exitCodeOf(report(severities), failOn)).toBe(code);
  });

  it('inconclusive is 4, unless a cause was found', () => {
    expect(exitCodeOf(report([], 'inconclusive'), 'warning')).toBe(4);
    expect(exitCodeOf(report([], 'inconclusive'), 'never')).toBe(4);
    expect(exitCodeOf(report(['warning'], 'inconclusive'), 'warning')).toBe(3);
  });
});

describe('the summary', () => {
  it('names the first cause, the others, and what to do first', () => {
    const { summary } = reportOf(slowQuery(new TraceLog(), 300), { lsof: LSOF });
    expect(summary).toMatch(
      /^Each write waits until the append-only log is on the disk \(\d+ % of the time of its requests\)/,
    );
    expect(summary).toContain('; also, a query writes');
    expect(summary).toMatch(/First: CONFIG SET appendfsync everysec$/);
  });

  it('leaves out what is only worth knowing', () => {
    const { summary } = diagnose(facts(), {}, [finds('first'), finds('minor', { severity: 'info' })]);
    expect(summary).toBe('Title of first.');
  });

  it('of a healthy server', () => {
    expect(reportOf(busyReader())).toMatchObject({
      verdict: 'clear',
      summary: 'No cause of slowness was found in redis-server while it was watched.',
    });
  });

  it('of a server that nobody asked', () => {
    const log = new TraceLog().call('epoll_wait', '5, [], 10128, 100', 0, 100_000);
    const target = { pid: 9085, server: { kind: 'redis' } };
    expect(reportOf(log, { target })).toMatchObject({
      verdict: 'clear',
      summary:
        'Nothing slow was seen: no client sent process 9085 a command meanwhile. Run this again while it is slow.',
    });
  });

  it.each([
    ['no log', undefined, {}, 'no log of system calls was given'],
    ['a reason', undefined, { straceMissing: 'strace is not installed' }, 'strace is not installed'],
    ['a process that ended', busyReader(), { ended: true }, 'it ended while it was watched'],
    [
      'strace -e fdatasync of an unknown file',
      new TraceLog().times(9, (log) => log.sync()),
      {},
      'syncs of a file and nothing else',
    ],
    ['a process without RESP', webServer(), {}, 'it spoke no RESP on its sockets'],
    [
      'encrypted connections',
      new TraceLog()
        .call('accept4', '6, NULL, NULL, 0', 12)
        .times(5, (log) => log.read(12, '\x17\x03\x03\0\x20abcdef').write(12, '\x17\x03\x03\0\x20abcdef')),
      {},
      'or are encrypted',
    ],
  ])('of %s says why nothing can be told', (_, log, surroundings, reason) => {
    const report = reportOf(log, surroundings);
    expect(report.verdict).toBe('inconclusive');
    expect(report.summary).toContain('Cannot tell why redis-server is slow');
    expect(report.summary).toContain(reason);
    expect(exitCodeOf(report, 'warning')).toBe(4);
  });

  const status = (state: string) =>
    reading('proc', 1000, { '/proc/9085/status': `Name:\tredis-server\nState:\t${state}\nPid:\t9085\n` });

  it('of a process that is stopped says so, and how it goes on', () => {
    const target = { pid: 9085, comm: 'redis-server', server: { kind: 'redis' } };
    const report = reportOf(new TraceLog(), { target, outputs: [status('T (stopped)')] });
    expect(report.verdict).toBe('inconclusive');
    expect(report.summary).toBe(
      'Cannot tell why redis-server is slow, because it is stopped, and answers nobody; kill -CONT 9085 lets it go on.',
    );
    const goesOn = reportOf(busyReader(), {
      target,
      outputs: [status('T (stopped)'), status('S (sleeping)')],
    });
    expect(goesOn.verdict).toBe('clear');
  });

  it('another tracer is a finding, not a blind spot', () => {
    const report = reportOf(undefined, { otherTracer: { pid: 4242, comm: 'gdb', text: 'TracerPid:\t4242' } });
    expect(report.verdict).toBe('found');
    expect(exitCodeOf(report, 'warning')).toBe(3);
  });
});

describe('every rule on every log', () => {
  it('answers once: found, ruled out or not checked', () => {
    const report = reportOf(slowQuery(new TraceLog()), { lsof: LSOF, ...outputs({ top: topText() }) });
    const answered = [...report.findings, ...report.ruledOut, ...report.notChecked].map(({ id }) => id);
    expect(answered.sort()).toEqual(RULES.map(({ id }) => id).sort());
  });

  it('has a sentence for each answer', () => {
    for (const log of [undefined, busyReader(), slowQuery(new TraceLog())]) {
      const { ruledOut, notChecked } = reportOf(log);
      for (const { because } of [...ruledOut, ...notChecked]) expect(because).toMatch(/\S.*\S/);
    }
  });
});
