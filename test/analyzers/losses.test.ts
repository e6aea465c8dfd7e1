import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeWithLosses, lossyRecordings } from '../support/losses.ts';
import { NIL, OK, reportOf, request, TraceLog } from '../support/trace-log.ts';

describe('a log without a tenth of its calls', () => {
  it.each(lossyRecordings().map((file) => [basename(file), file]))(
    'gives no wrong cause, and rules out none: %s',
    async (_, file) => {
      const tally = await judgeWithLosses(file, 2, 0.1, 1);
      expect(tally.wrong).toEqual([]);
      expect(tally.ruledOut).toEqual([]);
    },
  );
});

/** Turns of an event loop; some of the lines are left out. */
function turns(without: (index: number, line: 'request' | 'reply') => boolean): TraceLog {
  const log = new TraceLog({ appendfsync: 'off' });
  for (let index = 0; index < 200; index++) {
    log.call('epoll_wait', '5, [{events=EPOLLIN}], 10128, 100', 1, 200);
    const isSet = index % 2 === 0;
    if (!without(index, 'request')) log.read(8, isSet ? request('SET', 'a', 'x') : request('GET', 'b'));
    if (!without(index, 'reply')) log.write(8, isSet ? OK : NIL);
  }
  return log;
}

describe('calls that are missing', () => {
  const whole = reportOf(turns(() => false));
  const lossy = reportOf(turns((index) => index > 50 && index % 20 === 7));
  const repliesLost = reportOf(turns((index, line) => line === 'reply' && index > 50 && index % 20 === 7));
  const requestsLost = reportOf(turns((index, line) => line === 'request' && index > 50 && index % 20 === 7));

  it('are not seen in a log that has all', () => {
    expect(whole.verdict).toBe('clear');
    expect(whole.blindSpots).toBeUndefined();
  });

  it.each([
    ['replies', repliesLost],
    ['requests', requestsLost],
  ])('are found by their %s, and said', (_, report) => {
    expect(report.blindSpots!.join()).toContain('7 requests or replies were not seen');
    expect(report.verdict).toBe('inconclusive');
    expect(report.summary).toContain('calls are missing from the log');
    const { because } = report.notChecked.find(({ id }) => id === 'n-plus-one-reads')!;
    expect(because).toContain('calls are missing from the log: 7 requests or replies of');
  });

  it('do not let the replies that follow answer the wrong commands', () => {
    // A SET that is answered with null would be one.
    const { ruledOut } = repliesLost;
    expect(ruledOut.map(({ id }) => id)).not.toContain('write-in-read-path');
    expect(repliesLost.findings).toEqual([]);
  });

  it('of whole turns are not missed', () => {
    expect(lossy.verdict).toBe('clear');
  });

  it('that the tracer counted are reason enough', () => {
    const tracer = { name: 'bpf', events: 1000, lost: 500 };
    const report = reportOf(
      turns(() => false),
      { tracer },
    );
    expect(report.verdict).toBe('inconclusive');
    expect(
      reportOf(
        turns(() => false),
        { tracer: { ...tracer, lost: 3 } },
      ).verdict,
    ).toBe('clear');
  });
});
