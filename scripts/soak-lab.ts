// Plays the case in every topology and strikes it down in every phase in every way; then one `perfcase disk destroy` has
// to remove what is left. Prints a table. `npm run soak:lab -- --topology netns --blow crash`
import { parseArgs } from 'node:util';
import { BLOWS, PHASE_NAMES, type Struck, strike } from '../test/support/lab-phases.ts';

const { values } = parseArgs({
  options: {
    topology: { type: 'string', multiple: true, default: ['local', 'netns', 'container'] },
    blow: { type: 'string', multiple: true, default: [...BLOWS] },
    phase: { type: 'string', multiple: true, default: [...PHASE_NAMES] },
  },
});
const struck: Struck[] = [];
for (const topology of values.topology) {
  for (const phase of PHASE_NAMES.filter((name) => values.phase.includes(name))) {
    for (const blow of BLOWS.filter((name) => values.blow.includes(name))) {
      const result = await strike(phase, topology, blow);
      struck.push(result);
      const what = result.left.length === 0 ? 'nothing left' : `LEFT: ${result.left.join('; ')}`;
      const words = [
        topology.padEnd(10),
        phase.padEnd(14),
        blow.padEnd(8),
        `${result.cleanMs} ms`.padStart(9),
      ];
      process.stdout.write(`${words.join(' ')}  ${what}\n`);
    }
  }
}
const bad = struck.filter(({ left }) => left.length > 0).length;
process.stdout.write(`${struck.length} replays struck down, ${bad} left something behind\n`);
process.exitCode = bad === 0 ? 0 : 1;
