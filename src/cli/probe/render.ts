import Table from 'cli-table3';
import type { Parsed } from '../../core/capture.ts';
import type { Observation } from '../../core/observation.ts';
import { significant } from '../../core/units.ts';
import { COLUMNS } from './columns.ts';

export const WIDTH = 80;
/** A person reads no more rows than these; JSON has all of them. */
export const MAX_ROWS = 2000;
/** The narrowest a text column is cut to before a whole column gives way. */
const NARROWEST = 14;
const GAP = 2;

/** The contract's JSON, one item a line, in parts so that a large result needs no large text. */
export function* toJson({ items, problems }: Parsed<Observation>): Generator<string, void, void> {
  yield '{\n  "items": [';
  for (const [at, item] of items.entries()) yield `${at === 0 ? '' : ','}\n    ${JSON.stringify(item)}`;
  yield items.length > 0 ? '\n  ],\n  "problems": [' : '],\n  "problems": [';
  for (const [at, problem] of problems.entries())
    yield `${at === 0 ? '' : ','}\n    ${JSON.stringify(problem)}`;
  yield problems.length > 0 ? '\n  ]\n}\n' : ']\n}\n';
}

/** A table for each kind of observation, in the order in which they were first seen. */
export function* toText(items: readonly Observation[]): Generator<string, void, void> {
  const byKind = new Map<Observation['kind'], Observation[]>();
  for (const item of items) {
    const list = byKind.get(item.kind);
    if (list) list.push(item);
    else byKind.set(item.kind, [item]);
  }
  let first = true;
  for (const [kind, list] of byKind) {
    yield `${first ? '' : '\n'}${tableOf(kind, list.slice(0, MAX_ROWS))}\n`;
    if (list.length > MAX_ROWS) yield `… ${list.length - MAX_ROWS} more; --format json prints all of them\n`;
    first = false;
  }
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly isNumeric: boolean;
  width: number;
}

function tableOf(kind: Observation['kind'], items: readonly Observation[]): string {
  const columns = fitted(columnsOf(kind, items));
  const empty = Object.fromEntries(
    [
      ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
      ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
    ].map((name) => [name, '']),
  );
  const table = new Table({
    head: columns.map((column) => column.title),
    chars: { ...empty, middle: ' '.repeat(GAP) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: columns.map((column) => (column.isNumeric ? 'right' : 'left')),
    colWidths: columns.map((column) => column.width),
  });
  for (let row = 0; row < items.length; row += 1) {
    table.push(columns.map((column) => cut(column.cells[row]!, column.width)));
  }
  return table.toString().replaceAll(/ +$/gm, '');
}

function columnsOf(kind: Observation['kind'], items: readonly Observation[]): Column[] {
  const columns: Column[] = [];
  for (const [field, title] of COLUMNS[kind]) {
    const values = items.map((item) => (item as unknown as Record<string, unknown>)[field]);
    if (values.every((value) => value === undefined)) continue;
    // One report alone needs no column that says so.
    if (field === 'frame' && values.every((value) => value === values[0])) continue;
    const cells = values.map(cellOf);
    const isNumeric = values.every((value) => value === undefined || typeof value === 'number');
    const width = cells.reduce((widest, cell) => Math.max(widest, cell.length), title.length);
    columns.push({ title, cells, isNumeric, width });
  }
  return columns;
}

/** Cuts the widest text column until the row fits; then drops columns from the end. */
function fitted(columns: Column[]): Column[] {
  const kept = [...columns];
  const total = () => kept.reduce((sum, column) => sum + column.width, GAP * (kept.length - 1));
  while (total() > WIDTH) {
    const texts = kept.filter(
      (column) => !column.isNumeric && column.width > Math.max(NARROWEST, column.title.length),
    );
    const widest = texts.sort((a, b) => b.width - a.width)[0];
    if (widest) widest.width = Math.max(NARROWEST, widest.title.length, widest.width - (total() - WIDTH));
    else if (kept.length > 1) kept.pop();
    else break;
  }
  return kept;
}

function cellOf(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : significant(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  // Control characters of a file name must not reach the terminal.
  return String(value).replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '·');
}

function cut(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
}
