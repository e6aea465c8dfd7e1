// Attacks the bundled server as strangers do and looks after each attack whether it harmed anybody.
// `npm run hostile -- --fuzzed 5000 --connections 10000 --seed 1`
import { parseArgs } from 'node:util';
import { attackServer, attackTable } from '../test/support/hostile.ts';
import { Scene } from '../test/support/scene.ts';

const { values } = parseArgs({
  options: {
    fuzzed: { type: 'string', default: '5000' },
    'half-open': { type: 'string', default: '1000' },
    connections: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const request = {
  fuzzed: Number(values.fuzzed),
  halfOpen: Number(values['half-open']),
  connections: Number(values.connections),
  seed: Number(values.seed),
};
const scene = new Scene();
process.stdout.write(`seed ${request.seed}\n`);
try {
  const attacks = await attackServer(scene, {
    ...request,
    onAttack: (name) => process.stderr.write(`hostile: ${name}\n`),
  });
  process.stdout.write(`${attackTable(attacks)}\n`);
  if (attacks.some(({ harm }) => harm.length > 0)) process.exitCode = 1;
} finally {
  await scene.close();
}
