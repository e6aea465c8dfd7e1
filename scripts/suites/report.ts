import type { TestResult, UnitResult } from './unit.ts';

/** A failure that stands, by the name of the test in its unit, and why. */
export interface Known {
  readonly unit: string;
  readonly test: string;
  readonly reason: string;
}

export interface Verdict {
  readonly unit: UnitResult;
  readonly passed: number;
  readonly skipped: number;
  readonly known: readonly { readonly test: TestResult; readonly reason: string }[];
  readonly unexplained: readonly TestResult[];
}

/**
 * Sets the failures that stand apart from those that must not. An entry of a list that is not true any more is a
 * failure of its own: a known failure that passes, a test to be left out that the unit does not have.
 */
export function judge(unit: UnitResult, known: readonly Known[], leftOut: readonly string[]): Verdict {
  const count = (outcome: TestResult['outcome']) =>
    unit.tests.filter((test) => test.outcome === outcome).length;
  const explained: { test: TestResult; reason: string }[] = [];
  const unexplained: TestResult[] = [];
  for (const test of unit.tests) {
    if (test.outcome !== 'failed') continue;
    const entry = known.find((one) => one.unit === unit.unit && one.test === test.name);
    if (entry) explained.push({ test, reason: entry.reason });
    else unexplained.push(test);
  }
  if (unit.brokenOff === undefined) unexplained.push(...outdated(unit, known, leftOut));
  return { unit, passed: count('passed'), skipped: count('skipped'), known: explained, unexplained };
}

function outdated(unit: UnitResult, known: readonly Known[], leftOut: readonly string[]): TestResult[] {
  const problem = (name: string, detail: string) => ({ name, outcome: 'failed' as const, detail });
  const has = (name: string, outcome: TestResult['outcome']) =>
    unit.tests.some((test) => test.name === name && test.outcome === outcome);
  return [
    ...known
      .filter((one) => one.unit === unit.unit && has(one.test, 'passed'))
      .map((one) => problem(one.test, 'known.json lists it as failing, but it passes')),
    ...leftOut
      .filter((name) => !has(name, 'skipped'))
      .map((name) => problem(name, 'left-out.json lists it, but this unit has no such test')),
  ];
}

/** A unit of which not even a skipped test was heard proves nothing. */
export function succeeded({ unit, unexplained }: Verdict): boolean {
  return unit.brokenOff === undefined && unexplained.length === 0 && unit.tests.length > 0;
}

/** The table, a line a unit, and under it every failure with its reason or with what the suite said. */
export function renderTable(verdicts: readonly Verdict[]): string {
  const lines = [row('unit', 'passed', 'failed', 'skipped', 'seconds')];
  for (const { unit, passed, skipped, known, unexplained } of verdicts) {
    const failed = known.length + unexplained.length;
    const end = unit.brokenOff === undefined ? '' : '  broken off';
    lines.push(row(unit.unit, passed, failed, skipped, unit.seconds.toFixed(0)) + end);
  }
  const sum = (pick: (one: Verdict) => number) => verdicts.reduce((all, one) => all + pick(one), 0);
  lines.push(
    row(
      'all',
      sum((one) => one.passed),
      sum((one) => one.known.length + one.unexplained.length),
      sum((one) => one.skipped),
      sum((one) => one.unit.seconds).toFixed(0),
    ),
  );
  for (const { unit, known, unexplained } of verdicts) {
    if (unit.brokenOff !== undefined) lines.push('', `${unit.unit}: broken off: ${unit.brokenOff}`);
    for (const { test, reason } of known) lines.push('', `${unit.unit}: ${test.name}`, `  stands: ${reason}`);
    for (const test of unexplained) {
      // The rest is where in the suite it happened; --verbose shows it.
      const said = test.detail.split('\n').slice(0, 2);
      lines.push('', `${unit.unit}: ${test.name}`, ...said.map((line) => `  ${line}`));
    }
  }
  return lines.join('\n');
}

function row(unit: string, ...figures: (string | number)[]): string {
  return unit.padEnd(24) + figures.map((figure) => String(figure).padStart(9)).join('');
}
