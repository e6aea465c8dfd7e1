import type { Report } from '../core/finding.ts';
import { significant } from '../core/units.ts';
import type { Scenario } from './scenario.ts';

/** What a play showed, as far as expectations ask for it. */
export interface Played {
  readonly report: Report;
  readonly phases: readonly { readonly id: string; readonly seconds: number }[];
  /** Of the disk, measured. */
  readonly fsyncMs?: number;
}

/** One expectation. */
export interface Check {
  /** "found fsync-per-write", "everysec.seconds". */
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
}

/** Holds a play against what its scenario expects, in the order in which one would ask. */
export function checkPlay({ expect }: Pick<Scenario, 'expect'>, played: Played): Check[] {
  const { findings } = played.report;
  const severityOf = (id: string) => findings.find((finding) => finding.id === id)?.severity;
  const checks: Check[] = [];
  if (expect.top !== undefined) {
    const seen = findings[0]?.id ?? 'nothing';
    checks.push({ what: 'first finding', expected: expect.top, seen, ok: seen === expect.top });
  }
  for (const id of expect.found) {
    const severity = severityOf(id);
    checks.push({
      ...{ what: id, expected: 'found', seen: severity ? `found, ${severity}` : whyNot(played.report, id) },
      ok: severity !== undefined,
    });
  }
  for (const id of expect.notFound) {
    const severity = severityOf(id);
    checks.push({
      ...{ what: id, expected: 'not found', seen: severity ? `found, ${severity}` : 'not found' },
      ok: severity === undefined,
    });
  }
  const others = otherCauses(expect, played.report);
  const expected = expect.found.length === 0 ? 'no cause' : 'no other cause';
  checks.push({
    what: 'warnings and worse',
    expected: expect.allowed.length === 0 ? expected : `${expected} but ${expect.allowed.join(', ')}`,
    seen: others.length === 0 ? expected : others.join(', '),
    ok: others.length === 0,
  });
  for (const [name, range] of Object.entries(expect.numbers)) {
    const value = numberOf(name, played);
    checks.push({
      ...{
        what: name,
        expected: range.text,
        seen: value === undefined ? 'not measured' : significant(value),
      },
      ok: value !== undefined && range.holds(value),
    });
  }
  return checks;
}

/** Causes from "warning" on that are neither expected nor allowed. What is merely worth knowing alarms nobody. */
export function otherCauses({ found, allowed }: Scenario['expect'], { findings }: Report): string[] {
  return findings
    .filter(({ id, severity }) => severity !== 'info' && !found.includes(id) && !allowed.includes(id))
    .map(({ id }) => id);
}

function whyNot({ ruledOut, notChecked }: Report, id: string): string {
  const out = ruledOut.find((each) => each.id === id);
  if (out) return `ruled out: ${out.because}`;
  const not = notChecked.find((each) => each.id === id);
  return not ? `not checked: ${not.because}` : 'no such rule';
}

function numberOf(name: string, { report, phases, fsyncMs }: Played): number | undefined {
  const [, first = '', field = ''] = /^(.*)\.([^.]+)$/.exec(name) ?? [];
  if (name === 'disk.fsyncMs') return fsyncMs;
  const finding = report.findings.find(({ id }) => id === first);
  if (finding) {
    if (field === 'share') return finding.share;
    if (field === 'confidence') return finding.confidence;
    return finding.measures[field]?.value;
  }
  const index = phases.findIndex(({ id }) => id === first);
  if (index < 0) return undefined;
  if (field === 'seconds') return phases[index]!.seconds;
  if (field === 'faster' && index > 0) return phases[index - 1]!.seconds / phases[index]!.seconds;
  return undefined;
}
