import type { LiveTarget } from '../../capture/target.ts';
import type { Finding } from '../../core/finding.ts';
import { formatShare, significant } from '../../core/units.ts';
import { VERSION } from '../../core/version.ts';
import { printable } from '../../report/printable.ts';
import { wrap } from '../../report/terminal.ts';
import type { Metric } from '../../verify/measure.ts';
import type { Outcome, Spread } from '../../verify/outcome.ts';
import type { Verification } from '../../verify/run.ts';

export interface Verified {
  readonly target: LiveTarget;
  readonly finding?: Finding;
  readonly result: Verification;
}

const WIDTH = 80;

const VERDICTS: Readonly<Record<Outcome['verdict'], string>> = {
  better: 'It helps',
  worse: 'It makes things slower',
  'cannot-tell': 'Cannot tell',
};

/** The result for a terminal, within 80 columns. */
export function renderVerification({ target, finding, result }: Verified): string {
  const { outcome, windows, end, change } = result;
  const isKept = end.kind === 'kept' && change.startsWith('CONFIG SET');
  const lines = [
    `perfcase verify · ${target.comm} (pid ${target.pid})${result.tracer === undefined ? '' : ` · ${result.tracer}`}`,
    `${change}${finding ? `, the fix of ${finding.id}` : ''}`,
    '',
    ...wrap(`${VERDICTS[outcome.verdict]}: ${outcome.because}.`, WIDTH, ''),
    '',
    ...windowRows(outcome, windows),
    ...summaryRows(outcome),
    ...(finding?.fix?.cost ? named('cost', finding.fix.cost) : []),
    ...named('left', isKept ? `${end.text}; a restart forgets it: it is not in the server's file` : end.text),
    ...(end.byHand ?? []).map((line) => `by hand    ${line}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

/** A line that begins with what it is about, and goes on below itself. */
function named(name: string, text: string): string[] {
  return wrap(text, WIDTH - 11, '').map((line, index) => `${(index === 0 ? name : '').padEnd(10)} ${line}`);
}

function windowRows({ metric }: Outcome, windows: Verification['windows']): string[] {
  if (windows.length === 0) return [];
  const shown: Metric = metric ?? 'command milliseconds';
  const width = Math.max(shown.length, 10);
  const ping = shown !== 'PING milliseconds';
  const row = (cells: readonly string[]) =>
    `${cells[0]!.padStart(6)}  ${cells[1]!.padEnd(7)}  ${cells[2]!.padStart(width)}  ${cells[3]!.padStart(8)}  ${cells[4]!.padStart(8)}${ping ? `  ${cells[5]!.padStart(7)}` : ''}`;
  return [
    row(['window', 'fix', shown, 'requests', 'commands', 'PING ms']),
    ...windows.map(({ fix, values, requests, commands }, index) =>
      row([
        ...[String(index + 1), fix ? 'with' : 'without', numberOrDash(values[shown])],
        ...[String(requests), String(commands), numberOrDash(values['PING milliseconds'])],
      ]),
    ),
    '',
  ];
}

function summaryRows(outcome: Outcome): string[] {
  const { metric, without, chance, predicted, againstPrediction } = outcome;
  if (metric === undefined || !without || !outcome.with) return [];
  const spread = (name: string, { median, low, high, windows }: Spread) =>
    named(
      name,
      `${significant(median)} ${metric}, median of ${windows} windows from ${significant(low)} to ${significant(high)}`,
    );
  return [
    ...spread('without', without),
    ...spread('with', outcome.with),
    ...named(
      'predicted',
      predicted
        ? `${significant(predicted.after)}, from ${significant(predicted.low)} to ${significant(predicted.high)}: ${wordsOf(againstPrediction)}`
        : 'nothing: it could not be said what this fix brings',
    ),
    ...named('noise', chanceText(chance!)),
  ];
}

function wordsOf(against: Outcome['againstPrediction']): string {
  switch (against) {
    case 'more than predicted':
      return 'it brings more than that';
    case 'less than predicted':
      return 'it brings less than that';
    default:
      return 'measured as predicted';
  }
}

const chanceText = (chance: number): string =>
  `windows fall so by chance alone in ${formatShare(Math.min(1, chance))} of the cases`;

const numberOrDash = (value: number | undefined): string => (value === undefined ? '–' : significant(value));

/** `perfcase.verify/1`: add freely, rename nothing. */
export function verificationJson({ target, finding, result }: Verified): string {
  const { outcome, end, old, windows, windowSeconds, change, tracer, stopped } = result;
  return `${JSON.stringify(
    {
      schema: 'perfcase.verify/1',
      perfcase: VERSION,
      target: { pid: target.pid, comm: target.comm },
      ...(finding ? { finding: finding.id, prediction: finding.prediction } : {}),
      ...{ change, old, ...(tracer === undefined ? {} : { tracer }), ...outcome, windowSeconds, windows },
      ...(stopped ? { stopped: stopped.reason } : {}),
      left: end,
    },
    null,
    2,
  )}\n`;
}
