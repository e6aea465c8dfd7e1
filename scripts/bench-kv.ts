// The bundled server beside a redis-server: speed, memory, stalls.
// `npm run bench:kv -- --only throughput --load 'SET 3 B' --rounds 3 --format markdown`
import { parseArgs } from 'node:util';
import { memoryTable } from './bench/kv-memory.ts';
import { stallTable } from './bench/kv-stalls.ts';
import { throughputTable } from './bench/kv-throughput.ts';
import { toMarkdown, toText } from './bench/table.ts';

const { values } = parseArgs({
  options: {
    format: { type: 'string', default: 'text' },
    only: { type: 'string' },
    load: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
  },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
if (!print) throw new Error('--format takes text or markdown');
const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
const parts = {
  throughput: () =>
    throughputTable({
      rounds: Number(values.rounds),
      runSeconds: Number(values.seconds),
      only: values.load,
      say,
    }),
  memory: () => memoryTable(say),
  stalls: () => stallTable(Number(values.rounds), say),
};
for (const [name, part] of Object.entries(parts)) {
  if (values.only === undefined || values.only === name) process.stdout.write(`${print(await part())}\n`);
}
