import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reaches } from '../../src/core/finding.ts';
import { FORMATS } from '../../src/report/index.ts';
import { renderJUnit } from '../../src/report/junit.ts';
import { type JUnitCase, junitXml } from '../../src/report/junit-xml.ts';
import { parseXml, type XmlElement } from '../support/xml.ts';
import { anyReport } from './any-report.ts';
import { reportOfTheCase } from './cases.ts';

const casesOf = (xml: string): XmlElement[] =>
  parseXml(xml).children.flatMap(({ children }) => children.filter(({ name }) => name === 'testcase'));
const kindsOf = (xml: string): Record<string, string> =>
  Object.fromEntries(
    casesOf(xml).map(({ attributes, children }) => [attributes.name, children[0]?.name ?? 'passed']),
  );

describe('a report as JUnit', () => {
  const report = reportOfTheCase();

  it('has a test case for each cause, that fails from --fail-on on', () => {
    for (const failOn of ['info', 'warning', 'critical', 'never'] as const) {
      const kinds = kindsOf(renderJUnit(report, { colour: false, failOn }));
      expect(Object.keys(kinds)).toHaveLength(
        report.findings.length + report.ruledOut.length + report.notChecked.length,
      );
      for (const { id, severity } of report.findings)
        expect(kinds[id], id).toBe(reaches(severity, failOn) ? 'failure' : 'system-out');
      for (const { id } of report.ruledOut) expect(kinds[id], id).toBe('system-out');
      for (const { id } of report.notChecked) expect(kinds[id], id).toBe('skipped');
    }
  });

  it('says the reason, the evidence and the fix', () => {
    const cases = casesOf(FORMATS.junit(report, { colour: false }));
    const failure = cases.find(({ attributes }) => attributes.name === 'fsync-per-write')!.children[0]!;
    expect(failure.attributes).toEqual({ type: 'critical', message: report.findings[0]!.title });
    expect(failure.text).toContain('CONFIG SET appendfsync everysec');
    expect(failure.text).toMatch(/strace:\d+ .*fdatasync\(/);
    const { id, because } = report.notChecked[0]!;
    const skipped = cases.find(({ attributes }) => attributes.name === id)!.children[0]!;
    expect(skipped.attributes.message).toBe(because);
  });

  it('counts what it holds', () => {
    const [suite] = parseXml(renderJUnit(report, { colour: false, failOn: 'critical' })).children;
    const kinds = casesOf(renderJUnit(report, { colour: false, failOn: 'critical' })).flatMap(
      ({ children }) => children.map(({ name }) => name),
    );
    const count = (name: string) => String(kinds.filter((each) => each === name).length);
    expect(suite!.attributes).toMatchObject({
      failures: count('failure'),
      skipped: count('skipped'),
      errors: '0',
      timestamp: '2026-01-01T00:00:00',
      time: '10',
    });
  });

  it('is well-formed whatever was captured', () => {
    fc.assert(
      fc.property(anyReport, fc.constantFrom('info', 'never'), (each, failOn) => {
        parseXml(renderJUnit(each, { colour: false, failOn }));
      }),
      { numRuns: 150 },
    );
  });
});

describe('JUnit', () => {
  const suite = (...cases: readonly JUnitCase[]) => junitXml([{ name: 'a suite', cases }]);

  it.each([
    ['tags and quotes', `</failure><x y="1">&'`, `</failure><x y="1">&'`],
    ['the end of a CDATA section', ']]>', ']]>'],
    ['control characters', 'a\x00b\x1b[31mc\x7f', 'a·b·[31mc·'],
    ['half a surrogate pair, and no character', 'a\ud800b\udc00\ufffe\uffff', 'a·b···'],
    ['lines and tabs', 'a\tb\r\nc', 'a\tb\r\nc'],
    ['what a text is made of', 'ü, 中, 🎉', 'ü, 中, 🎉'],
  ])('keeps %s', (_, text, shown) => {
    const xml = suite({
      ...{ group: text, name: text, output: text },
      outcome: { kind: 'failure', type: text, message: text, details: text },
    });
    const [element] = casesOf(xml);
    expect(element!.attributes).toMatchObject({ classname: shown, name: shown });
    const [failure, output] = element!.children;
    expect(failure).toMatchObject({ attributes: { type: shown, message: shown }, text: shown });
    expect(output!.text).toBe(shown);
  });

  it('tells a case that passed, failed, broke and was skipped apart', () => {
    const outcome = (kind: 'failure' | 'error') => ({ kind, type: 'range', message: 'out of range' });
    const xml = suite(
      { group: 'g', name: 'passed', seconds: 0.25 },
      { group: 'g', name: 'failed', outcome: outcome('failure') },
      { group: 'g', name: 'broke', outcome: outcome('error') },
      { group: 'g', name: 'skipped', outcome: { kind: 'skipped', message: 'no root' } },
    );
    expect(kindsOf(xml)).toEqual({ passed: 'passed', failed: 'failure', broke: 'error', skipped: 'skipped' });
    expect(parseXml(xml).attributes).toMatchObject({ tests: '4', failures: '1', errors: '1', skipped: '1' });
    expect(casesOf(xml)[0]!.attributes.time).toBe('0.25');
  });
});
