// Records a live redis-server under load again and again, and kills perfcase at a random moment each time: the file has
// to be readable or clearly marked incomplete, and the server unharmed. `npm run soak:recordings -- 100 --seed 1`
import { parseArgs } from 'node:util';
import { Scene } from '../test/support/scene.ts';
import { soakRecordings, soakTable } from '../test/support/soak-recordings.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: String(Date.now() % 1_000_000) } },
});
const count = Number(positionals[0] ?? 100);
const seed = Number(values.seed);
if (!(count > 0) || !Number.isInteger(seed)) throw new Error('usage: soak-recordings [COUNT] [--seed N]');
const scene = new Scene();
process.stdout.write(`seed ${seed}, ${count} recordings\n`);
try {
  const rounds = await soakRecordings(scene, {
    count,
    seed,
    onRound: ({ number, blow, moment, tracer, outcome, bytes, harm }) => {
      const what = harm.length === 0 ? 'no harm' : harm.join('; ');
      const size = `${Math.ceil(bytes / 1024)} KiB`;
      process.stdout.write(
        `${String(number).padStart(4)}  ${blow} ${moment} (${tracer}): ${outcome}, ${size}, ${what}\n`,
      );
    },
  });
  process.stdout.write(`\n${soakTable(rounds)}\n`);
  if (rounds.some(({ harm }) => harm.length > 0)) process.exitCode = 1;
} finally {
  await scene.close();
}
