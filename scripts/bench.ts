// How long one waits for a verdict, and what watching costs the server. `npm run bench -- --format markdown`
import { parseArgs } from 'node:util';
import { toMarkdown, toText } from './bench/table.ts';
import { throughputTables } from './bench/throughput.ts';
import { verdictTable } from './bench/verdict.ts';

const { values } = parseArgs({
  options: { format: { type: 'string', default: 'text' }, only: { type: 'string' } },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
if (!print) throw new Error('--format takes text or markdown');
const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
const parts = {
  verdict: async () => [await verdictTable(say)],
  throughput: () => throughputTables(say),
};
for (const [name, part] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue;
  for (const table of await part()) process.stdout.write(`${print(table)}\n`);
}
