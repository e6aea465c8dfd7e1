// What watching costs a server, by tracer. `npm run bench:overhead -- --rounds 9 --format markdown`
import { parseArgs } from 'node:util';
import { toMarkdown, toText } from './table.ts';
import { throughputTables } from './throughput.ts';

const { values } = parseArgs({
  options: { format: { type: 'string', default: 'text' }, rounds: { type: 'string', default: '9' } },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
const rounds = Number(values.rounds);
if (!print || !(rounds >= 1)) throw new Error('--format takes text or markdown, --rounds a number from 1');
const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
for (const table of await throughputTables(say, rounds)) process.stdout.write(`${print(table)}\n`);
