// Kills `perfcase verify` again and again at random moments, and looks whether the server has its old setting within 5 s.
// `npm run soak:verify -- 30 [seed]`
import { Scene } from '../test/support/scene.ts';
import { soakVerify } from '../test/support/soak-verify.ts';

const [count = '30', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const scene = new Scene();
process.stdout.write(`seed ${seed}, ${count} runs\n`);
try {
  const runs = await soakVerify(scene, {
    ...{ count: Number(count), seed: Number(seed) },
    onRun: ({ number, atMs, wasOn, backMs, harm }) => {
      const back = backMs === undefined ? 'NOT BACK' : `back after ${backMs} ms`;
      process.stdout.write(
        `${String(number).padStart(4)}  killed after ${atMs} ms, the fix was ${wasOn ? 'on' : 'off'}: ${[back, ...harm].join('; ')}\n`,
      );
    },
  });
  const good = runs.filter(({ harm }) => harm.length === 0);
  const slowest = Math.max(...runs.map(({ backMs = Number.NaN }) => backMs));
  process.stdout.write(
    `\n${good.length} of ${runs.length} times the old configuration was back within 5 s (${runs.filter(({ wasOn }) => wasOn).length} with the fix on); the slowest after ${slowest} ms\n`,
  );
  if (good.length < runs.length) process.exitCode = 1;
} finally {
  await scene.close();
}
