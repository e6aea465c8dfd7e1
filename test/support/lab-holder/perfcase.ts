import { main } from '../../../src/cli/main.ts';
import { createNetns } from '../../../src/lab/netns.ts';
import { createSlowDisk } from '../../../src/lab/slow-disk.ts';
import { startDetached } from '../../../src/runners/detached.ts';

/**
 * Stands in for a replay: makes a disk and a namespace that end with it, starts a process inside, says where they are
 * and waits to be killed. Its name makes it an entry of the CLI, so that the guard works as in the real one.
 */
if (process.argv[2] === 'hold') {
  const disk = await createSlowDisk({ fsyncMs: 4, sizeMiB: 32 });
  const netns = await createNetns();
  const inside = startDetached(netns.command({ file: 'sleep', args: ['300'], timeoutMs: 0 }));
  const { mountPoint, loopDevice, fsyncP50Ms } = disk;
  const held = { mountPoint, loopDevice, fsyncP50Ms, netns: netns.path, inside: inside.pid };
  process.stdout.write(`${JSON.stringify(held)}\n`);
  setInterval(() => undefined, 1000);
} else process.exitCode = await main(process.argv.slice(2));
