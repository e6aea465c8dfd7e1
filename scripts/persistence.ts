// Random keys of every type through files: written by the bundled server and loaded by redis-server, and the other
// way round, compared key by key.
//
//     npm run suite:persistence -- --keys 100000 --seed 1
import { parseArgs } from 'node:util';
import { type Form, roundTrip, type Side } from '../test/kvserver/persistence/round-trip.ts';

const { values } = parseArgs({
  options: { keys: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const keys = Number(values.keys);
const seed = Number(values.seed);
if (!Number.isInteger(keys) || keys < 1 || !Number.isInteger(seed)) {
  console.error('suite:persistence: --keys and --seed are whole numbers');
  process.exit(2);
}

const WAYS: readonly [Side, Side][] = [
  ['ours', 'redis'],
  ['redis', 'ours'],
];
let failed = false;
console.log(`${keys} keys, seed ${seed}`);
console.log('form          from   to     keys     different  checker  file');
for (const form of ['rdb', 'aof', 'aof-commands'] as const satisfies readonly Form[]) {
  for (const [from, to] of WAYS) {
    const result = await roundTrip({ form, from, to, keys, seed });
    failed ||= result.different.length > 0 || result.complaint !== undefined;
    console.log(
      [
        form.padEnd(13),
        from.padEnd(6),
        to.padEnd(6),
        String(result.keysWritten).padEnd(8),
        String(result.different.length).padEnd(10),
        (result.complaint === undefined ? 'accepts' : 'REFUSES').padEnd(8),
        `${(result.bytes / 1024 ** 2).toFixed(1)} MB`,
      ].join(' '),
    );
    if (result.complaint !== undefined) console.log(result.complaint);
    for (const key of result.different.slice(0, 5)) console.log(`  ${JSON.stringify(key)}`);
  }
}
process.exit(failed ? 1 : 0);
