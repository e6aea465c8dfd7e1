import { formatShare, plural, significant } from '../core/units.ts';
import type { Block } from '../report/view.ts';
import type { CauseChange, Change, RecordingDiff, RequestChange, SideHead } from './diff.ts';

/** What changed, in the neutral blocks of a report. */
export function diffBlocks(diff: RecordingDiff): Block[] {
  const { before, after } = diff;
  return [
    { kind: 'title', text: `perfcase ${diff.perfcase}: what changed between two recordings` },
    { kind: 'summary', verdict: after.verdict, text: summaryOf(diff) },
    ...otherProgram(before, after),
    ...table('The recordings', ['', 'before', 'after'], heads(before, after)),
    ...table('Causes', ['cause', 'change', 'before', 'after'], diff.causes.map(causeRow)),
    ...table(
      'HTTP requests of the client',
      ['request', 'before', 'after', 'commands of one'],
      diff.requests.map(requestRow),
    ),
    ...table(
      'Rates while traced',
      ['', 'before', 'after'],
      diff.measures.map(({ name, unit, ...change }) => [
        name,
        ...sides(change, (value) => quantity(value, unit)),
      ]),
    ),
    ...table(
      'Settings of the server that differ',
      ['directive', 'before', 'after'],
      diff.settings.map(({ directive, ...change }) => [directive, ...sides(change, shown)]),
    ),
    ...table(
      'Surroundings that differ',
      ['', 'before', 'after'],
      diff.surroundings.map(({ name, ...change }) => [name, ...sides(change, shown)]),
    ),
    ...notes('before', before),
    ...notes('after', after),
  ];
}

/** Nothing without rows; a column that is empty in all of them is left out. */
function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): Block[] {
  if (rows.length === 0) return [];
  const filled = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const kept = (cells: readonly string[]) => cells.filter((_, column) => filled[column]);
  return [
    { kind: 'heading', text: title },
    { kind: 'table', head: kept(head), rows: rows.map(kept) },
  ];
}

function summaryOf({ causes, after }: RecordingDiff): string {
  const named = (change: CauseChange['change']) =>
    causes.filter((cause) => cause.change === change).map(({ id }) => id);
  const parts = [
    ...say('gone', named('gone')),
    ...say('new', named('new')),
    ...say('still there', named('stayed')),
  ];
  if (parts.length > 0) return `${parts.join('; ')}.`;
  return after.verdict === 'inconclusive' ? after.summary : 'No cause was found in either.';
}

/** A difference between two programs is no change of either. */
function otherProgram({ target: was }: SideHead, { target: is }: SideHead): Block[] {
  if (was.comm === undefined || is.comm === undefined || was.comm === is.comm) return [];
  return [
    {
      kind: 'note',
      text: `These are two programs, ${was.comm} before and ${is.comm} after: what differs may lie in that alone.`,
    },
  ];
}

function say(what: string, ids: readonly string[]): string[] {
  return ids.length === 0 ? [] : [`${plural(ids.length, 'cause')} ${what}: ${ids.join(', ')}`];
}

function heads(before: SideHead, after: SideHead): string[][] {
  /** None where neither side knows it. */
  const row = (name: string, of: (side: SideHead) => string | undefined): string[][] => {
    const known = [of(before), of(after)];
    return known.every((each) => each === undefined)
      ? []
      : [[name, ...known.map((each) => each ?? 'not known')]];
  };
  return [
    ...row('begun', ({ window }) => window.startedAt),
    ...row('target', ({ target }) => `${target.comm ?? 'process'} ${target.pid ?? ''}`.trim()),
    ...row('seconds', ({ window }) =>
      window.seconds === undefined ? undefined : significant(window.seconds),
    ),
    ...row('calls', ({ tracer }) => tracer && `${tracer.events} by ${tracer.name}`),
    ...row('cost', ({ tracer }) => tracer?.overhead && formatShare(tracer.overhead.fraction)),
    ...row('verdict', ({ verdict }) => verdict),
  ];
}

function causeRow({ id, change, severity, share }: CauseChange): string[] {
  const side = (which: 'before' | 'after') => {
    const of = severity[which];
    if (of === undefined) return 'not found';
    return share[which] === undefined ? of : `${of}, ${formatShare(share[which])}`;
  };
  return [id, change, side('before'), side('after')];
}

function requestRow({ name, requests, secondsP50, commands }: RequestChange): string[] {
  const side = (which: 'before' | 'after') =>
    requests[which] === undefined
      ? 'not seen'
      : secondsP50[which] === undefined
        ? 'no answer yet'
        : `${significant(secondsP50[which])} s`;
  const changed = Object.entries(commands).map(
    ([command, { before = 0, after = 0 }]) => `${command} ${before} → ${after}`,
  );
  return [name, side('before'), side('after'), changed.join(', ')];
}

function sides<T>({ before, after }: Change<T>, say: (value: T) => string): string[] {
  return [before, after].map((value) => (value === undefined ? 'not known' : say(value)));
}

const shown = (value: string): string => (value === '' ? '(empty)' : value);

function quantity(value: number, unit: string): string {
  return unit === '1/s' ? `${value}/s` : `${value} ${unit}`;
}

function notes(which: string, { recording }: SideHead): Block[] {
  return [
    ...(recording.complete
      ? []
      : [{ kind: 'note' as const, text: `The recording "${which}" is incomplete.` }]),
    ...(recording.redacted
      ? []
      : [
          {
            kind: 'note' as const,
            text: `The recording "${which}" is not redacted: it holds keys and values of others.`,
          },
        ]),
  ];
}
