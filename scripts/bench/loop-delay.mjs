// Loaded into the bundled server with --import: on SIGUSR2 it prints the longest stall of the event loop since the
// signal before, in milliseconds. Its own timer fires every millisecond; how late it is, is the stall.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('SIGUSR2', () => {
  process.stdout.write(`longest stall ${(delay.max / 1e6).toFixed(1)} ms\n`);
  delay.reset();
});
