import type { Evidence, Report } from '../core/finding.ts';
import { printable } from './printable.ts';
import { type Block, viewOf } from './view.ts';

/** The report for a ticket: GitHub-flavoured Markdown. */
export function renderMarkdown(report: Report): string {
  return markdownBlocks(viewOf(report));
}

/** Blocks as GitHub-flavoured Markdown. */
export function markdownBlocks(blocks: readonly Block[]): string {
  return `${blocks.map(renderBlock).join('\n\n')}\n`;
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `# ${escaped(block.text)}`;
    case 'summary':
      return `**${escaped(block.text)}**`;
    case 'heading':
      return `## ${escaped(block.text)}`;
    case 'note':
      return `> ${escaped(block.text)}`;
    case 'step':
      return `${block.number}. ${escaped(block.question)} **${escaped(block.answer)}**${evidence(block.evidence, '   ')}`;
    case 'finding': {
      const { finding } = block;
      const facts = block.facts.map(([name, text]) => `- ${name}: ${escaped(text)}`).join('\n');
      return `### ${block.number}. ${finding.id} (${finding.severity})\n\n${escaped(finding.title)}. ${escaped(finding.why)}\n\n${facts}${evidence(finding.evidence, '')}`;
    }
    case 'table': {
      const row = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
      return [row(block.head), row(block.head.map(() => '---')), ...block.rows.map(row)].join('\n');
    }
    case 'drawing':
      return `\`\`\`text\n${block.draw(77).map(printable).join('\n')}\n\`\`\``;
    default:
      return block satisfies never;
  }
}

function evidence(lines: readonly Evidence[], indent: string): string {
  if (lines.length === 0) return '';
  const body = lines
    .map(
      ({ source, line, text }) =>
        `${indent}${source}${line === undefined ? '' : `:${line}`}  ${printable(text).replace(/\s+/g, ' ').replaceAll('```', "'''")}`,
    )
    .join('\n');
  return `\n\n${indent}\`\`\`text\n${body}\n${indent}\`\`\``;
}

function escaped(text: string): string {
  return printable(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\<>*_`[\]#|]/g, (each) => `\\${each}`);
}
