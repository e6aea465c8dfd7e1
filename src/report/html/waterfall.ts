import type { Waterfall, WaterfallRow } from '../../core/timeline.ts';
import { formatMs } from '../../core/units.ts';
import { LAYERS } from './layers.ts';
import { evidenceLines } from './raw-lines.ts';
import { callIn, escaped, percent, placeOf, type Section, spoken } from './text.ts';

/** A command of the waterfall: what passed from the reply before it to its own. */
interface CommandRow {
  readonly label: string;
  readonly rows: readonly WaterfallRow[];
}

const KEYS = ['sync', 'append', 'server', 'client'] as const;

/** One row a command, its time as a bar at its place; opened, it shows each piece with the raw line. */
export function waterfall(fall: Waterfall | undefined): Section | undefined {
  if (!fall || fall.rows.length === 0) return undefined;
  const commands = commandsOf(fall.rows);
  const total = (layer: (typeof KEYS)[number]) =>
    fall.rows.filter((row) => row.layer === layer).reduce((sum, { ms }) => sum + ms, 0);
  const keys = KEYS.filter((layer) => total(layer) > 0).map(
    (layer) =>
      `<li><span class="key ${layer}" aria-hidden="true"></span>${LAYERS[layer]} <b>${formatMs(total(layer))}</b></li>`,
  );
  const html =
    `<p class="lead">${escaped(fall.what)}: ${formatMs(fall.ms)} from left to right. A row is a command, from the reply ` +
    'before it to its own. Open one to read its calls; hold the pointer over a bar to read a single one.</p>' +
    `<ul class="keys">${keys.join('')}</ul>` +
    `<div class="fall"><div class="axis" aria-hidden="true"><span></span><span></span><div class="ticks">${ticks(fall.ms)}</div><span></span></div>` +
    `${commands.map((command) => commandHtml(command, fall.ms)).join('\n')}</div>`;
  return { id: 'waterfall', title: 'A slow stretch, command by command', html };
}

function commandHtml({ label, rows }: CommandRow, wholeMs: number): string {
  const startMs = rows[0]!.startMs;
  const ms = rows.reduce((sum, row) => sum + row.ms, 0);
  const bars = rows.map(
    (row) =>
      `<span class="bar ${row.layer}" style="left:${percent(row.startMs, wholeMs)};width:${percent(row.ms, wholeMs)}" title="${escaped(tip(row))}"></span>`,
  );
  const longest = rows.reduce((a, b) => (b.ms > a.ms ? b : a));
  return (
    `<details><summary><span class="number">${startMs.toFixed(1)}</span><span class="name">${escaped(label)}</span>` +
    `<span class="track" aria-hidden="true" style="--step:${percent(stepOf(wholeMs), wholeMs)}">${bars.join('')}</span>` +
    `<span class="number took">${formatMs(ms)}</span>${spoken(`, most of it ${LAYERS[longest.layer]}`)}</summary>` +
    `<ul class="pieces">${rows.map(pieceHtml).join('')}</ul></details>`
  );
}

function pieceHtml({ layer, label, ms, evidence }: WaterfallRow): string {
  return (
    `<li><span class="key ${layer}" aria-hidden="true"></span>${escaped(label)}, ${formatMs(ms)}: ${LAYERS[layer]}` +
    `${evidence ? evidenceLines([evidence]) : ''}</li>`
  );
}

function tip({ label, layer, ms, evidence }: WaterfallRow): string {
  const raw = evidence ? `\n${placeOf(evidence)} ${callIn(evidence.text)}` : '';
  return `${label}: ${formatMs(ms)}, ${LAYERS[layer]}${raw}`;
}

/** A new command begins where the client has sent one, or where another call read it. */
function commandsOf(rows: readonly WaterfallRow[]): CommandRow[] {
  const commands: WaterfallRow[][] = [];
  let read: number | undefined;
  for (const row of rows) {
    const current = commands.at(-1);
    const own = row.layer === 'server' ? row.evidence?.line : undefined;
    const begins =
      row.layer === 'client'
        ? current?.some(({ layer }) => layer !== 'client')
        : own !== undefined &&
          read !== undefined &&
          own !== read &&
          current?.some(({ layer }) => layer !== 'client');
    if (!current || begins) commands.push([row]);
    else current.push(row);
    if (row.layer === 'client') read = undefined;
    else if (own !== undefined) read = own;
  }
  return commands.map((own) => ({
    label: own.find(({ layer }) => layer === 'server')?.label.replace(/^reply to /, '') ?? own[0]!.label,
    rows: own,
  }));
}

/** A round step that cuts the time into about four to eight parts. */
function stepOf(ms: number): number {
  const rough = ms / 8;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? 10 * power;
}

function ticks(ms: number): string {
  const step = stepOf(ms);
  const at = Array.from({ length: Math.floor(ms / step + 1e-9) + 1 }, (_, index) => index * step);
  return at
    .map((each) => `<span style="left:${percent(each, ms)}">${each === 0 ? '0' : formatMs(each)}</span>`)
    .join('');
}
