// Diagnoses a live redis-server again and again, a third of the times interrupted at a random moment, and looks after
// each whether any harm was done. `npm run soak -- --count 50 --seed 1 --window 2`
import { parseArgs } from 'node:util';
import { Scene } from '../test/support/scene.ts';
import { soak, soakTable } from '../test/support/soak.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    window: { type: 'string', default: '2' },
    tracer: { type: 'string', default: 'strace' },
  },
});
const scene = new Scene();
const request = {
  count: Number(values.count),
  seed: Number(values.seed),
  windowSeconds: Number(values.window),
  tracer: values.tracer,
};
process.stdout.write(`seed ${request.seed}, ${request.count} diagnoses of ${request.windowSeconds} s\n`);
try {
  const rounds = await soak(scene, {
    ...request,
    onRound: ({ number, blow, atMs, end, harm }) => {
      const when = atMs === undefined ? '' : ` after ${atMs} ms`;
      const what = harm.length === 0 ? 'no harm' : harm.join('; ');
      process.stdout.write(`${String(number).padStart(4)}  ${blow}${when}: ended with ${end}, ${what}\n`);
    },
  });
  process.stdout.write(`\n${soakTable(rounds)}\n`);
  if (rounds.some(({ harm }) => harm.length > 0)) process.exitCode = 1;
} finally {
  await scene.close();
}
