import type { Report } from '../../core/finding.ts';
import { formatMs, plural, significant } from '../../core/units.ts';
import { stack } from './layers.ts';
import { opening } from './opening.ts';
import { footer, page, sectionsOf } from './page.ts';
import { escaped, type Section } from './text.ts';

/** A phase of a replay, as it was measured. */
export interface PhasePicture {
  readonly title: string;
  readonly why: string;
  /** What was timed: "GET /get_cache". */
  readonly asked: string;
  /** What was changed before it: "CONFIG SET appendfsync everysec". */
  readonly changes: readonly string[];
  /** Median of the samples. */
  readonly seconds: number;
  readonly samples: number;
  /** What the diagnosis said it would be. */
  readonly predictedSeconds?: number;
  /** What it was in the case that the scenario retells. */
  readonly caseSeconds?: number;
}

/** A replay as a page tells it. */
export interface ReplayPicture {
  readonly id: string;
  readonly title: string;
  /** The stage in words: server, client, disk, keys. */
  readonly stage: readonly (readonly [name: string, text: string])[];
  readonly phases: readonly PhasePicture[];
  readonly notFound: readonly string[];
  readonly report: Report;
}

/** The symptom, each fix as it was measured beside what was predicted, and the whole report of the live server. */
export function renderReplayHtml(replay: ReplayPicture): string {
  const { id, title, stage, report, notFound } = replay;
  const rows = stage.map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`);
  const missing =
    notFound.length === 0
      ? ''
      : `<p class="missing">The diagnosis did not name ${escaped(notFound.join(' and '))}; see “Ruled out” and “Not checked”.</p>`;
  const head = `${opening(report, `perfcase replay ${id}`)}${missing}`;
  const sections = [
    phases(replay),
    ...sectionsOf(report),
    {
      id: 'stage',
      title: 'The stage',
      html: `<p class="lead">${escaped(title)}</p><dl>${rows.join('')}</dl>`,
    },
  ].filter((each) => each !== undefined);
  return page(`perfcase replay ${id}`, head, sections, footer(report));
}

function phases({ phases: played }: ReplayPicture): Section | undefined {
  if (played.length === 0) return undefined;
  const whole = Math.max(
    ...played.flatMap(({ seconds, predictedSeconds = 0 }) => [seconds, predictedSeconds]),
  );
  const rows = played.map((phase, index) => phaseHtml(phase, played[index - 1], whole * 1000));
  return {
    id: 'phases',
    title: 'What each fix brought, measured',
    html:
      '<ul class="keys"><li><span class="key sync" aria-hidden="true"></span>measured</li>' +
      '<li><span class="key client" aria-hidden="true"></span>predicted by the diagnosis, before anything was changed</li></ul>' +
      `<ol class="fixes phases">${rows.join('')}</ol>`,
  };
}

function phaseHtml(phase: PhasePicture, before: PhasePicture | undefined, wholeMs: number): string {
  const { title, why, asked, changes, seconds, samples, predictedSeconds, caseSeconds } = phase;
  const ratio = before && before.seconds / seconds;
  const facts = [
    `${asked}, median of ${plural(samples, 'run')}`,
    ...(ratio === undefined ? [] : [`${significant(Number(ratio.toPrecision(2)))} times as fast as before`]),
    ...(predictedSeconds === undefined ? [] : [`predicted ${formatMs(predictedSeconds * 1000)}`]),
    ...(caseSeconds === undefined ? [] : [`in the case ${formatMs(caseSeconds * 1000)}`]),
  ];
  const bar = (colour: string, name: string, value: number) =>
    stack([{ colour, name, ms: value * 1000 }], wholeMs);
  return (
    `<li><div class="what"><b>${escaped(title)}</b> ${changes.map((each) => `<code>${escaped(each)}</code>`).join(' ')}` +
    `<span class="dim">${facts.map(escaped).join(' · ')}</span></div>` +
    `<div>${bar('sync', 'measured', seconds)}${predictedSeconds === undefined ? '' : bar('client', 'predicted', predictedSeconds)}</div>` +
    `<b class="figure">${formatMs(seconds * 1000)}</b><p class="why dim">${escaped(why)}</p></li>`
  );
}
