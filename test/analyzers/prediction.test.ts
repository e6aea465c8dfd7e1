import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../src/core/finding.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { BOTH, queryThatWrites, withServer } from '../support/app-log.ts';
import { busyReader } from '../support/logs.ts';
import { LSOF, reportOf, slowQuery, TraceLog, type TraceLogOptions } from '../support/trace-log.ts';

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

  it('are absent without a path, and where nothing is known of the fix', () => {
    for (const { prediction } of reportOf(busyReader()).findings) expect(prediction).toBeUndefined();
  });

  it('are printed with their bounds', () => {
    expect(renderTerminal(slow(), { colour: false })).toMatch(
      /prediction [\d.]+ ms a command, then [\d.]+ ms \([\d.]+ to [\d.]+\)/,
    );
  });
});
