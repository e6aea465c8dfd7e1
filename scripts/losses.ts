// Judges recorded traces again and again, each time without a tenth of their calls, and prints what came of it.
// `npm run losses -- --runs 200 --part 0.1 --seed 1`; `--burst 100`: in runs of up to so many; `--only NAME`
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { judgeWithLosses, lossyRecordings } from '../test/support/losses.ts';
import { toText } from './bench/table.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    part: { type: 'string', default: '0.1' },
    seed: { type: 'string', default: '1' },
    burst: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const rows: string[][] = [];
for (const file of lossyRecordings()) {
  const name = basename(file, '.perfcase');
  if (!name.includes(values.only)) continue;
  process.stderr.write(`losses: ${name}\n`);
  const { causes, same, fewer, inconclusive, wrong, ruledOut } = await judgeWithLosses(
    ...([file, Number(values.runs), Number(values.part), Number(values.seed), Number(values.burst)] as const),
  );
  rows.push([
    ...[name, String(causes.length), String(same), String(fewer), String(inconclusive)],
    ...[[...wrong, ...ruledOut].join(', ') || '0'],
  ]);
  if (wrong.length + ruledOut.length > 0) process.exitCode = 1;
}
process.stdout.write(
  toText({
    title: `${values.runs} runs each, ${Number(values.part) * 100} % of the calls left out at random, up to ${values.burst} in one go`,
    head: ['recording', 'causes', 'the same', 'fewer, said so', 'inconclusive', 'wrong'],
    rows,
    notes: [`${lossyRecordings().length} recordings; seed ${values.seed}`],
  }),
);
