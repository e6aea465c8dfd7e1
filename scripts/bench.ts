// How long one waits for a verdict, and what watching costs the server. `npm run bench -- --format markdown`
import { parseArgs } from 'node:util';
import { toMarkdown, toText } from './bench/table.ts';
import { throughputTable } from './bench/throughput.ts';
import { verdictTable } from './bench/verdict.ts';

const { values } = parseArgs({
  options: { format: { type: 'string', default: 'text' }, only: { type: 'string' } },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
if (!print) throw new Error('--format takes text or markdown');
const parts = { verdict: verdictTable, throughput: throughputTable };
const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
for (const [name, part] of Object.entries(parts)) {
  if (values.only === undefined || values.only === name) process.stdout.write(`${print(await part(say))}\n`);
}
