import { Chalk, type ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import type { Evidence, Report, Severity } from '../core/finding.ts';
import type { RenderOptions } from './options.ts';
import { printable } from './printable.ts';
import { type Block, viewOf } from './view.ts';
import { wrap } from './wrap.ts';

export { wrap };

const WIDTH = 80;

/** The report for a terminal: within 80 columns, and complete without colour. */
export function renderTerminal(report: Report, options: RenderOptions): string {
  return terminalBlocks(viewOf(report), options);
}

/** Blocks for a terminal. */
export function terminalBlocks(blocks: readonly Block[], { colour, width = WIDTH }: RenderOptions): string {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  return `${blocks.map((block) => renderBlock(block, chalk, width)).join('\n')}\n`;
}

function renderBlock(block: Block, chalk: ChalkInstance, width: number): string {
  switch (block.kind) {
    case 'title':
      return chalk.dim(wrap(block.text, width, '').join('\n'));
    case 'summary': {
      const paint =
        block.verdict === 'found'
          ? chalk.bold.red
          : block.verdict === 'clear'
            ? chalk.bold.green
            : chalk.bold.yellow;
      return `\n${wrap(block.text, width, '')
        .map((line) => paint(line))
        .join('\n')}`;
    }
    case 'heading':
      return `\n${chalk.bold.underline(block.text)}`;
    case 'note':
      return `\n${wrap(`Note: ${block.text}`, width, '').join('\n')}`;
    case 'step':
      return [
        `${String(block.number).padStart(2)} ${chalk.cyan(block.question)}`,
        ...wrap(block.answer, width - 3, '').map((line) => `   ${line}`),
        ...block.evidence.map((each) => evidenceLine(each, chalk, width)),
      ].join('\n');
    case 'finding': {
      const { finding } = block;
      const label = `${finding.severity.toUpperCase()} ${finding.id}`;
      return [
        `\n${String(block.number).padStart(2)} ${severityPaint(finding.severity, chalk)(label)}`,
        ...wrap(finding.title, width - 3, '').map((line) => `   ${chalk.bold(line)}`),
        ...wrap(finding.why, width - 3, '').map((line) => `   ${line}`),
        ...block.facts.flatMap(([name, text]) =>
          wrap(text, width - 14, '').map(
            (line, index) => `   ${(index === 0 ? name : '').padEnd(10)} ${line}`,
          ),
        ),
        '   evidence',
        ...finding.evidence.map((each) => evidenceLine(each, chalk, width)),
      ].join('\n');
    }
    case 'table':
      return renderTable(block, width);
    case 'drawing':
      return block
        .draw(width - 3)
        .map((line) => `   ${printable(line)}`.slice(0, width))
        .join('\n');
    default:
      return block satisfies never;
  }
}

function severityPaint(severity: Severity, chalk: ChalkInstance): (text: string) => string {
  return severity === 'critical'
    ? chalk.bold.red
    : severity === 'warning'
      ? chalk.bold.yellow
      : chalk.bold.blue;
}

/** An evidence line may take this many lines; what is longer is cut. */
const EVIDENCE_LINES = 3;

/** "     strace:19  fdatasync(7) = 0 <0.005415>", continued below where it is longer than the line. */
function evidenceLine({ source, line, text }: Evidence, chalk: ChalkInstance, width: number): string {
  const place = line === undefined ? source : `${source}:${line}`;
  const plain = printable(text).replace(/\s+/g, ' ');
  const lines = wrap(`${place}  ${plain}`, width - 7, '');
  const shown = lines.slice(0, EVIDENCE_LINES);
  if (lines.length > EVIDENCE_LINES) shown[EVIDENCE_LINES - 1] = `${shown.at(-1)!.slice(0, width - 8)}…`;
  return chalk.dim(shown.map((each, index) => `${index === 0 ? '     ' : '       '}${each}`).join('\n'));
}

function renderTable(block: Extract<Block, { kind: 'table' }>, width: number): string {
  const natural = block.head.map((title, column) =>
    Math.max(title.length, ...block.rows.map((row) => oneLine(row[column] ?? '').length)),
  );
  const widths = columnWidths(natural, width - 2);
  const table = new Table({
    head: [...block.head],
    colWidths: widths,
    wordWrap: true,
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' },
      ...{ 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' },
      ...{ right: '', 'right-mid': '', middle: '' },
    },
    style: { head: [], border: [], 'padding-left': 1, 'padding-right': 1 },
  });
  table.push(...block.rows.map((row) => row.map(oneLine)));
  return table
    .toString()
    .split('\n')
    .map((line) => ` ${line}`.trimEnd())
    .join('\n');
}

const oneLine = (text: string): string => printable(text).replace(/\s+/g, ' ');

/** Column widths with padding that sum to at most `room`; the widest gives way first, never below 8. */
function columnWidths(natural: readonly number[], room: number): number[] {
  const widths = natural.map((width) => width + 2);
  while (widths.reduce((a, b) => a + b, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= 10) break;
    widths[widest]! -= 1;
  }
  return widths;
}
