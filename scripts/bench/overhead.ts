// What watching costs a server, by tracer. `npm run bench:overhead -- --rounds 9 --format markdown`; with
// `--tracers bpf,perf` and `--rows "16 × GET"` only these.
import { parseArgs } from 'node:util';
import { TRACERS } from '../../src/tracers/ladder.ts';
import { toMarkdown, toText } from './table.ts';
import { throughputTables } from './throughput.ts';

const { values } = parseArgs({
  options: {
    format: { type: 'string', default: 'text' },
    rounds: { type: 'string', default: '9' },
    tracers: { type: 'string', default: TRACERS.join() },
    rows: { type: 'string', default: '' },
  },
});
const print = { text: toText, markdown: toMarkdown }[values.format];
const rounds = Number(values.rounds);
if (!print || !(rounds >= 1)) throw new Error('--format takes text or markdown, --rounds a number from 1');
const named = values.tracers.split(',');
const tracers = TRACERS.filter((tracer) => named.includes(tracer));
if (tracers.length !== named.length) throw new Error(`--tracers takes ${TRACERS.join(', ')}`);
const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
for (const table of await throughputTables(say, { rounds, tracers, rows: values.rows }))
  process.stdout.write(`${print(table)}\n`);
