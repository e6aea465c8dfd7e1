import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../src/core/finding.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { BOTH, queryThatWrites, withServer } from '../support/app-log.ts';
import { busyReader } from '../support/logs.ts';
import {
  bulk,
  bulks,
  LSOF,
  reportOf,
  request,
  slowQuery,
  TraceLog,
  type TraceLogOptions,
} from '../support/trace-log.ts';

const find = (report: Report, id: string): Finding => report.findings.find((each) => each.id === id)!;
const slow = (options?: TraceLogOptions) => reportOf(slowQuery(new TraceLog(options), 300), { lsof: LSOF });

describe('predictions', () => {
  it('stand between their bounds', () => {
    for (const { prediction } of slow().findings) {
      if (!prediction) continue;
      for (const each of [prediction, ...(prediction.inTurn ? [prediction.inTurn] : [])]) {
        expect(each.low).toBeLessThanOrEqual(each.after);
        expect(each.after).toBeLessThanOrEqual(each.high);
        expect(each.after).toBeLessThan(prediction.before);
      }
    }
  });

  it('of a later fix know what the fixes before it have brought', () => {
    const findings = slow().findings.filter(({ prediction }) => prediction);
    expect(findings.length).toBeGreaterThan(1);
    expect(findings[0]!.prediction).not.toHaveProperty('inTurn');
    let before = findings[0]!.prediction!.after;
    for (const { prediction } of findings.slice(1)) {
      expect(prediction!.inTurn!.after).toBeLessThanOrEqual(before);
      before = prediction!.inTurn!.after;
    }
  });

  it('are of a request where one was seen whole', () => {
    const report = reportOf(withServer(queryThatWrites()), BOTH);
    const found = report.findings.filter(({ prediction }) => prediction);
    for (const { prediction } of found) expect(prediction!.metric).toBe('request seconds');
  });

  it('hit what the same load takes without the syncs', () => {
    const always = find(slow({ syncUs: 7000 }), 'fsync-per-write').prediction!;
    const everysec = find(slow({ appendfsync: 'off' }), 'n-plus-one-reads').prediction!;
    expect(always.after / everysec.before).toBeGreaterThan(0.8);
    expect(always.after / everysec.before).toBeLessThan(1.25);
  });

  it('leave the list that names the keys as long as it is', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `item:${1000 + index}`);
    const page = (listUs: number) => {
      const log = new TraceLog({ appendfsync: 'off' });
      log.times(3, (each) => {
        each
          .wait(50_000)
          .read(8, request('LRANGE', 'items', '0', '-1'))
          .wait(listUs)
          .write(8, bulks(...keys));
        for (const key of keys) each.turn(8, ['GET', key], bulk('x'));
      });
      return find(reportOf(log), 'n-plus-one-reads').prediction!;
    };
    const [short, long] = [page(0), page(20_000)];
    expect(long.after - short.after).toBeCloseTo(long.before - short.before, 2);
  });

  it('take from the lists among the replies what a key costs', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `item:${1000 + index}`);
    const page = (clientUs: number) => {
      const log = new TraceLog({ appendfsync: 'off' });
      log.times(4, (each) => {
        each
          .wait(60_000)
          .turn(8, ['LRANGE', 'items', '0', '-1'], bulks(...keys))
          .wait(clientUs);
        for (const key of keys) each.turn(8, ['GET', key], bulk('x'));
      });
      return find(reportOf(log), 'n-plus-one-reads').prediction!;
    };
    const commands = keys.length + 1;
    const [quick, slow] = [page(0), page(800)].map(({ after }) => after * commands);
    // 0.8 ms stay with the list; then each of the keys stands in the request, and its value in the reply.
    expect(slow! - quick!).toBeGreaterThan(2.5 * 0.8);
    expect(slow! - quick!).toBeLessThan(3.5 * 0.8);
  });

  it('are absent without a path, and where nothing is known of the fix', () => {
    for (const { prediction } of reportOf(busyReader()).findings) expect(prediction).toBeUndefined();
  });

  it('are printed with their bounds', () => {
    expect(renderTerminal(slow(), { colour: false })).toMatch(
      /prediction [\d.]+ ms a command, then [\d.]+ ms \([\d.]+ to [\d.]+\)/,
    );
  });
});
