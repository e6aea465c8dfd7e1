import type { LatencyAnalysis } from '../../kvserver/latency/doctor.ts';
import { describeAnalysis } from '../../kvserver/latency/doctor.ts';
import type { LatencyReading, LatencySeries } from '../../probes/redis/latency.ts';
import { withinColumns } from '../help-columns.ts';
import { age, drawSpikes } from './graph.ts';

export type LatencyFormat = 'text' | 'json' | 'markdown';

/** A table: the first row is its head, columns after the first are numbers. */
type Rows = readonly (readonly string[])[];

/** What is said where nothing can have been noted. Absent while the monitor is on, or the server does not tell. */
export function offNotice({ server, thresholdMs }: LatencyReading): string | undefined {
  if (thresholdMs !== 0) return undefined;
  return (
    `The latency monitor of ${server} is off (latency-monitor-threshold 0): no new spike is noted. ` +
    'This command switches it on, from 100 ms; perfcase changes no setting: CONFIG SET latency-monitor-threshold 100'
  );
}

export function renderLatest(reading: LatencyReading, format: LatencyFormat): string {
  const { series, nowSeconds } = reading;
  if (format === 'json') {
    const events = series.map(({ event, spikes, worstEverMs }) => {
      const last = spikes.at(-1)!;
      return { event, lastAt: last.at, secondsSinceLast: nowSeconds - last.at, lastMs: last.ms, worstEverMs };
    });
    return json(reading, { events });
  }
  const rows = series.map(({ event, spikes, worstEverMs }) => {
    const last = spikes.at(-1)!;
    return [event, `${last.ms} ms`, `${worstEverMs} ms`, `${age(nowSeconds - last.at)} ago`];
  });
  const body =
    rows.length === 0
      ? 'No spike is on record.'
      : table([['event', 'latest', 'worst ever', 'when'], ...rows], format);
  return prose(reading, body, format);
}

export function renderHistory(reading: LatencyReading, series: LatencySeries, format: LatencyFormat): string {
  const { event, spikes, worstEverMs } = series;
  if (format === 'json') return json(reading, { event, worstEverMs, spikes });
  const rows = spikes.map(({ at, ms }) => [
    new Date(at * 1000).toISOString().replace('.000Z', 'Z'),
    `${ms} ms`,
    `${age(reading.nowSeconds - at)} ago`,
  ]);
  return prose(
    reading,
    `${headline(series)}\n\n${table([['second', 'worst', 'when'], ...rows], format)}`,
    format,
  );
}

export function renderGraph(
  reading: LatencyReading,
  series: LatencySeries,
  format: LatencyFormat,
  ascii: boolean,
): string {
  const { event, spikes, worstEverMs } = series;
  if (format === 'json') return json(reading, { event, worstEverMs, spikes });
  const drawing = drawSpikes(series, reading.nowSeconds, ascii).join('\n');
  const body = format === 'markdown' ? `\`\`\`\n${drawing}\n\`\`\`` : drawing;
  return prose(reading, `${headline(series)}\n\n${body}`, format);
}

export function renderDoctor(
  reading: LatencyReading,
  analysis: LatencyAnalysis,
  format: LatencyFormat,
): string {
  if (format === 'json') return json(reading, { ...analysis });
  return prose(reading, describeAnalysis(analysis).trimEnd(), format);
}

/** There is such an event, but nothing was noted of it. */
export function renderNothing(reading: LatencyReading, event: string, format: LatencyFormat): string {
  if (format === 'json') return json(reading, { event, spikes: [] });
  return prose(reading, `No spike of ${event} is on record.`, format);
}

function headline({ event, spikes, worstEverMs }: LatencySeries): string {
  const highest = Math.max(...spikes.map((one) => one.ms));
  const many = spikes.length === 1 ? '1 spike' : `${spikes.length} spikes`;
  return `${event}: ${many}, worst ${highest} ms, worst ever ${worstEverMs} ms`;
}

function prose(reading: LatencyReading, body: string, format: LatencyFormat): string {
  const notice = offNotice(reading);
  const text = `${body}\n${notice === undefined ? '' : `\n${notice}\n`}`;
  return format === 'text' ? withinColumns(text) : text;
}

function json({ server, thresholdMs, nowSeconds }: LatencyReading, fields: object): string {
  const head = { server, ...(thresholdMs !== undefined && { thresholdMs }), nowSeconds };
  return `${JSON.stringify({ ...head, ...fields }, null, 2)}\n`;
}

function table(rows: Rows, format: LatencyFormat): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cells = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))),
  );
  if (format === 'text') return cells.map((row) => row.join('  ')).join('\n');
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [cells[0]!, rule, ...cells.slice(1)].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
