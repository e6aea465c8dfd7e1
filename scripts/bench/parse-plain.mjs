// The plain way to read a log of strace, as one would write it in an hour: lines from readline, a regular expression
// for each, counts and times by system call.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const LINE =
  /^(?:\[pid +(\d+)\] )?(\d+\.\d+) (\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+|\?)(?: (E[A-Z]+) \([^)]*\))?(?: <(\d+\.\d+)>)?$/;

const calls = new Map();
const lines = createInterface({ input: createReadStream(process.argv[2]) });
lines.on('line', (line) => {
  const match = LINE.exec(line);
  if (!match) return;
  const [, pid, time, name, args, result, error, duration] = match;
  const count = calls.get(name) ?? { calls: 0, seconds: 0, errors: 0, threads: new Set(), last: 0, bytes: 0 };
  calls.set(name, count);
  count.calls++;
  count.seconds += Number(duration ?? 0);
  if (error) count.errors++;
  count.threads.add(pid);
  count.last = Number(time);
  count.bytes += args.length;
  count.result = result;
});
lines.on('close', () => {
  for (const [name, { calls: n, seconds, errors }] of calls) console.log(name, n, seconds, errors);
});
