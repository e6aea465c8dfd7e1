import { Chalk } from 'chalk';
import Table from 'cli-table3';
import { type JUnitCase, junitXml } from '../../report/junit-xml.ts';
import type { Check } from '../../scenario/check.ts';

const WIDTHS = [27, 24, 23] as const;

/** The table of what was expected and what was seen. */
export function checksText(checks: readonly Check[], id: string, colour: boolean): string {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  const none = '';
  const table = new Table({
    chars: {
      ...{
        top: none,
        'top-mid': none,
        'top-left': none,
        'top-right': none,
        bottom: none,
        'bottom-mid': none,
      },
      ...{ 'bottom-left': none, 'bottom-right': none, left: none, 'left-mid': none, mid: none },
      ...{ 'mid-mid': none, right: none, 'right-mid': none, middle: ' ' },
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: [5, ...WIDTHS],
    wordWrap: true,
  });
  table.push(['', 'what', 'expected', 'seen']);
  for (const { what, expected, seen, ok } of checks) {
    table.push([ok ? chalk.green('ok') : chalk.red('FAIL'), what, expected, seen]);
  }
  const failed = checks.filter(({ ok }) => !ok).length;
  const verdict =
    failed === 0
      ? `${id}: all ${checks.length} expectations hold`
      : `${id}: ${failed} of ${checks.length} expectations do not hold`;
  return `${table.toString().replaceAll(/ +$/gm, '')}\n\n${chalk.bold(verdict)}\n`;
}

/** The same as a test suite for CI. */
export function checksJunit(checks: readonly Check[], id: string): string {
  const cases = checks.map(
    ({ what, expected, seen, ok }): JUnitCase => ({
      group: id,
      name: what,
      ...(ok
        ? {}
        : {
            outcome: { kind: 'failure', type: 'expectation', message: `expected ${expected}, seen ${seen}` },
          }),
    }),
  );
  return junitXml([{ name: `perfcase replay ${id}`, cases }]);
}
