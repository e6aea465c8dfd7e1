import { quantile } from '../../src/core/units.ts';
import { errorOf, isExact, isTopRight, type PlayResult } from './play.ts';

const percent = (part: number, whole: number): string =>
  whole === 0 ? '' : `${Math.round((part / whole) * 100)} %`;

/** A row for each entry, then a summary, as markdown. */
export function accuracyTable(results: readonly PlayResult[]): string {
  const entries = new Map<string, PlayResult[]>();
  for (const result of results) entries.set(result.id, [...(entries.get(result.id) ?? []), result]);
  const order = ['fault', 'pair', 'control'];
  const rows = [...entries.entries()]
    .sort(([a, [first]], [b, [second]]) => {
      const byKind = order.indexOf(first!.kind) - order.indexOf(second!.kind);
      return byKind || a.localeCompare(b);
    })
    .map(([id, plays]) => rowOf(id, plays));
  const head = [
    'entry',
    'kind',
    'plays',
    'found',
    'top right',
    'exact',
    'missed',
    'false alarms',
    'prediction error',
    'not played',
  ];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n\n${summaryOf(results)}`;
}

function rowOf(id: string, plays: readonly PlayResult[]): string[] {
  const played = plays.filter(({ failed }) => failed === undefined);
  const isControl = plays[0]!.kind === 'control';
  const errors = played.flatMap(({ predictions }) => predictions.map(errorOf));
  const median = quantile(errors, 0.5);
  const count = (items: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
    return [...counts].map(([item, times]) => (times > 1 ? `${item} ×${times}` : item)).join(', ');
  };
  return [
    id,
    plays[0]!.kind,
    String(played.length),
    isControl ? '' : String(played.filter(({ missed }) => missed.length === 0).length),
    isControl ? '' : String(played.filter(isTopRight).length),
    String(played.filter(isExact).length),
    count(played.flatMap(({ missed }) => missed)),
    count(played.flatMap(({ others }) => others)),
    median === undefined ? '' : percent(median, 1),
    count(plays.flatMap(({ failed }) => failed ?? [])),
  ];
}

/** "cpu-steal in 12 plays". */
function machineOf(played: readonly PlayResult[]): string {
  const ids = new Set(played.flatMap(({ ofTheMachine }) => ofTheMachine ?? []));
  const plays = (id: string) => played.filter(({ ofTheMachine }) => ofTheMachine?.includes(id)).length;
  return [...ids].map((id) => `${id} in ${plays(id)} plays`).join(', ') || 'nothing';
}

/** The figures that are held against the goal. */
export function summaryOf(results: readonly PlayResult[]): string {
  const played = results.filter(({ failed }) => failed === undefined);
  const ill = played.filter(({ kind }) => kind !== 'control');
  const healthy = played.filter(({ kind }) => kind === 'control');
  const errors = played.flatMap(({ predictions }) => predictions.map(errorOf));
  const median = quantile(errors, 0.5);
  const kinds = ['fault', 'pair', 'control'].map((kind) => {
    const plays = played.filter((each) => each.kind === kind);
    return `${new Set(plays.map(({ id }) => id)).size} ${kind}s in ${plays.length} plays`;
  });
  const all = (test: (play: PlayResult) => boolean, plays: readonly PlayResult[]) => {
    const good = plays.filter(test).length;
    return `${good} of ${plays.length} (${percent(good, plays.length)})`;
  };
  return [
    `- played: ${kinds.join(', ')}; ${results.length - played.length} could not be played`,
    `- top cause right: ${all(isTopRight, ill)}`,
    `- exact set of causes: ${all(isExact, ill)}`,
    `- healthy controls without an alarm: ${all(isExact, healthy)}`,
    `- of the machine itself, no alarm that is false: ${machineOf(played)}`,
    `- median prediction error: ${median === undefined ? 'nothing was predicted' : `${percent(median, 1)} over ${errors.length} fixes`}`,
    '',
  ].join('\n');
}
