import { type Finding, type Report, reaches, type Severity } from '../core/finding.ts';
import { type JUnitCase, junitXml } from './junit-xml.ts';
import type { RenderOptions } from './options.ts';
import { terminalBlocks } from './terminal.ts';
import { findingBlock, titleOf } from './view.ts';

/**
 * One test case per cause: it fails when the cause was found at or above --fail-on, passes when it was found below that
 * or ruled out, and is skipped with the reason when it was not checked.
 */
export function renderJUnit(report: Report, { failOn = 'warning' }: RenderOptions): string {
  const { summary, verdict, window, target } = report;
  return junitXml([
    {
      // The same in every run, so that CI systems see its history.
      name: `diagnosis of ${target.comm ?? 'logs'}`,
      ...(window.startedAt === undefined ? {} : { startedAt: window.startedAt }),
      ...(window.seconds === undefined ? {} : { seconds: window.seconds }),
      properties: {
        ...{ verdict, summary, run: titleOf(report) },
      },
      cases: [
        ...report.findings.map((finding, index) => findingCase(finding, index + 1, failOn)),
        ...report.ruledOut.map(({ id, because }) => ({ group: GROUP, name: id, output: because })),
        ...report.notChecked.map(
          ({ id, because }): JUnitCase => ({
            group: GROUP,
            name: id,
            outcome: { kind: 'skipped', message: because },
          }),
        ),
      ],
    },
  ]);
}

const GROUP = 'perfcase.causes';

function findingCase(finding: Finding, number: number, failOn: Severity | 'never'): JUnitCase {
  const { id, severity, title } = finding;
  const text = terminalBlocks([findingBlock(finding, number)], { colour: false }).trim();
  if (!reaches(severity, failOn)) return { group: GROUP, name: id, output: text };
  return {
    group: GROUP,
    name: id,
    outcome: { kind: 'failure', type: severity, message: title, details: text },
  };
}
