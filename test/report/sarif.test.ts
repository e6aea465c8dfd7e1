import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/analyzers/rules/index.ts';
import type { Report } from '../../src/core/finding.ts';
import { renderSarif } from '../../src/report/sarif.ts';
import { anyReport } from './any-report.ts';
import { reportOfTheCase } from './cases.ts';

const questions = new Map(RULES.map(({ id, question }) => [id, question]));
const sarifOf = (report: Report) => JSON.parse(renderSarif(report, { colour: false, questions }));

/** What the schema of SARIF 2.1.0 requires of the objects that perfcase writes. */
function checkSchema(sarif: ReturnType<typeof sarifOf>): void {
  expect(sarif.version).toBe('2.1.0');
  expect(Object.keys(sarif).sort()).toEqual(['$schema', 'runs', 'version']);
  expect(sarif.runs).toHaveLength(1);
  const [{ tool, results, invocations, columnKind }] = sarif.runs;
  expect(['utf16CodeUnits', 'unicodeCodePoints']).toContain(columnKind);
  const { name, version, rules } = tool.driver;
  expect(name).toBe('perfcase');
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  const ids = rules.map(({ id }: { id: string }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { shortDescription, help } of rules) {
    expect(shortDescription.text).toEqual(expect.any(String));
    expect(help.text).toEqual(expect.any(String));
  }
  for (const result of results) {
    expect(result.message.text).not.toBe('');
    expect(['none', 'note', 'warning', 'error']).toContain(result.level);
    expect(ids[result.ruleIndex]).toBe(result.ruleId);
    for (const { physicalLocation, logicalLocations, message } of [
      ...result.locations,
      ...result.relatedLocations,
    ]) {
      // What a tool printed is no file of anybody's.
      expect(physicalLocation).toBeUndefined();
      for (const { name: place, kind } of logicalLocations) {
        expect(place).toEqual(expect.any(String));
        expect(['tool-output', 'process']).toContain(kind);
      }
      expect(message.text).toEqual(expect.any(String));
    }
    const related = result.relatedLocations.map(({ id }: { id: number }) => id);
    expect(new Set(related).size).toBe(related.length);
    for (const print of Object.values(result.partialFingerprints)) expect(print).toEqual(expect.any(String));
  }
  for (const { executionSuccessful, toolExecutionNotifications } of invocations) {
    expect(executionSuccessful).toEqual(expect.any(Boolean));
    for (const { message, level, associatedRule } of toolExecutionNotifications) {
      expect(message.text).toEqual(expect.any(String));
      expect(['none', 'note', 'warning', 'error']).toContain(level);
      if (associatedRule) expect(ids[associatedRule.index]).toBe(associatedRule.id);
    }
  }
}

describe('a report as SARIF', () => {
  const report = reportOfTheCase();

  it('holds what the schema requires', () => {
    checkSchema(sarifOf(report));
  });

  it('has a rule with help for every cause, and a result for each finding', () => {
    const [{ tool, results }] = sarifOf(report).runs;
    for (const { id, question } of RULES) {
      const rule = tool.driver.rules.find((each: { id: string }) => each.id === id);
      expect(rule.shortDescription.text).toBe(question);
      expect(rule.help.text).not.toBe('');
    }
    expect(results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(
      report.findings.map(({ id }) => id),
    );
    const [first] = results;
    expect(first.level).toBe('error');
    expect(first.message.text).toContain('CONFIG SET appendfsync everysec');
    const [evidence] = report.findings[0]!.evidence;
    expect(first.locations).toEqual([
      {
        logicalLocations: [
          {
            name: evidence!.source,
            fullyQualifiedName: `${evidence!.source}:${evidence!.line}`,
            kind: 'tool-output',
          },
          { name: report.target.comm, kind: 'process' },
        ],
        message: { text: evidence!.text },
      },
    ]);
  });

  it('tells what was not checked, and that a blind run did not succeed', () => {
    const [{ invocations, properties }] = sarifOf({ ...report, verdict: 'inconclusive' }).runs;
    expect(invocations[0].executionSuccessful).toBe(false);
    const texts = invocations[0].toolExecutionNotifications.map(
      ({ message }: { message: { text: string } }) => message.text,
    );
    for (const { id, because } of report.notChecked)
      expect(texts).toContain(`${id} was not checked: ${because}`);
    expect(properties.ruledOut).toEqual(report.ruledOut);
  });

  it('is SARIF whatever was captured', () => {
    fc.assert(
      fc.property(anyReport, (each) => {
        const text = renderSarif(each, { colour: false, questions });
        expect(text).not.toMatch(/[\x7f-\x9f]/);
        checkSchema(JSON.parse(text));
      }),
      { numRuns: 150 },
    );
  });
});
