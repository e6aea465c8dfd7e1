import { type Block, SHARES } from '../view.ts';
import { escaped, type Section } from './text.ts';

/** Tables and notes of the view, each under the heading that it has there. */
export function tables(blocks: readonly Block[]): Section[] {
  const sections: Section[] = [];
  let heading = '';
  const notes: string[] = [];
  for (const block of blocks) {
    if (block.kind === 'heading') heading = block.text;
    else if (block.kind === 'table')
      sections.push({ id: idOf(heading), title: heading, html: tableHtml(block, heading) });
    else if (block.kind === 'note' && block.text !== SHARES) notes.push(`<li>${escaped(block.text)}</li>`);
  }
  if (notes.length > 0)
    sections.push({ id: 'watching', title: 'How it was watched', html: `<ul>${notes.join('')}</ul>` });
  return sections;
}

const idOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^a-z]+/g, '-');

function tableHtml({ head, rows }: Extract<Block, { kind: 'table' }>, label: string): string {
  const cells = head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('');
  const body = rows.map((row) => {
    const [first = '', ...rest] = row.map(escaped);
    return `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return `<table aria-label="${escaped(label)}"><thead><tr>${cells}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}
