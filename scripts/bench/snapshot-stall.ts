// The longest time that the event loop stands still while a snapshot, or a rewrite of the append-only file, is
// written in the background, with a client that changes keys all the time. On a machine that others use, too, the
// time that the thread waited for a CPU is shown apart: it is not the server's.
//
//     npx tsx scripts/bench/snapshot-stall.ts [--keys 1000000]
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { assembleConfig } from '../../src/kvserver/config/assemble.ts';
import { startServer } from '../../src/kvserver/start.ts';
import { RawClient } from '../../test/kvserver/raw-client.ts';

export interface Stall {
  /** What was going on: nothing but the client's load, or also this. */
  readonly during: 'load alone' | 'BGSAVE' | 'BGREWRITEAOF';
  readonly seconds: number;
  /** Milliseconds of the longest round of the event loop. */
  readonly worstMs: number;
  /** The same without the time in which the thread could have run but had no CPU. */
  readonly worstOwnMs: number;
  /** Milliseconds of the longest copy of the tables, which is what stands for a fork. */
  readonly copyMs: number;
}

/** Fills a server in this process with strings and collections, then measures. */
export async function measureStalls(keys: number): Promise<Stall[]> {
  const dir = await mkdtemp(join(tmpdir(), 'perfcase-stall-'));
  const directives = { port: '0', dir, appendonly: 'yes', 'auto-aof-rewrite-percentage': '0' };
  const { config } = assembleConfig(
    Object.entries(directives).map(([name, value]) => ({ name, words: [value], where: name })),
  );
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const running = await startServer({ config, clock });
  const client = await RawClient.open(running.port);
  // Everything is noted that took a millisecond.
  running.server.config.values['latency-monitor-threshold'] = 1;
  const copyTime = () => running.server.latencyMonitor.find('fork')?.maxMs ?? 0;
  try {
    await fill(client, keys);
    return [
      await measure('load alone', client, keys, () => sleep(5000)),
      await measure(
        'BGSAVE',
        client,
        keys,
        async () => {
          running.server.snapshots.startSave();
          await running.server.snapshots.idle();
        },
        copyTime,
      ),
      await measure(
        'BGREWRITEAOF',
        client,
        keys,
        async () => {
          running.server.aof.startRewrite();
          await running.server.aof.idle();
        },
        copyTime,
      ),
    ];
  } finally {
    client.close();
    await running.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function fill(client: RawClient, keys: number): Promise<void> {
  for (let from = 0; from < keys; from += 1000) {
    const batch = Array.from({ length: Math.min(1000, keys - from) }, (_, i) => {
      const n = from + i;
      if (n % 10 === 0) return ['HSET', `hash:${n}`, 'name', `name ${n}`, 'count', n];
      if (n % 10 === 1) return ['RPUSH', `list:${n}`, n, n + 1, n + 2];
      return ['SET', `string:${n}`, `value of ${n}`, ...(n % 10 === 2 ? ['EX', 1_000_000] : [])];
    });
    await client.pipeline(batch);
  }
  // Collections that it takes long to copy.
  for (let from = 0; from < 100_000; from += 1000) {
    const members = Array.from({ length: 1000 }, (_, i) => [from + i, `member ${from + i}`]).flat();
    await client.call('ZADD', 'big:zset', ...members);
    await client.call('RPUSH', 'big:list', ...members);
  }
}

async function measure(
  during: Stall['during'],
  client: RawClient,
  keys: number,
  work: () => Promise<void>,
  copyTime: () => number = () => 0,
): Promise<Stall> {
  let on = true;
  const load = (async () => {
    for (let i = 0; on; i++) {
      const n = Math.floor(Math.random() * keys);
      await client.pipeline([
        ['SET', `string:${n}`, i],
        ['HSET', `hash:${n - (n % 10)}`, 'count', i],
        ['ZADD', 'big:zset', i, 'member 5'],
        ['RPUSH', 'big:list', i],
      ]);
    }
  })();
  const loop = watchLoop();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { worstMs, worstOwnMs } = loop.stop();
  on = false;
  await load;
  return { during, seconds, worstMs, worstOwnMs, copyMs: copyTime() };
}

/** Measures every round of the event loop. */
function watchLoop(): { stop(): { worstMs: number; worstOwnMs: number } } {
  const fd = openSync('/proc/thread-self/schedstat', 'r');
  const buffer = Buffer.alloc(100);
  // "<ns on a CPU> <ns waiting for one> <number of times>"
  const waitedMs = () => {
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    return Number(buffer.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  };
  let worstMs = 0;
  let worstOwnMs = 0;
  let at = performance.now();
  let waited = waitedMs();
  let on = true;
  const round = () => {
    const now = performance.now();
    const waitedNow = waitedMs();
    worstMs = Math.max(worstMs, now - at);
    worstOwnMs = Math.max(worstOwnMs, now - at - (waitedNow - waited));
    at = now;
    waited = waitedNow;
    if (on) setImmediate(round);
    else closeSync(fd);
  };
  setImmediate(round);
  return {
    stop() {
      on = false;
      return { worstMs, worstOwnMs };
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((settle) => setTimeout(settle, ms));
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const { values } = parseArgs({ options: { keys: { type: 'string', default: '1000000' } } });
  const keys = Number(values.keys);
  console.log(`${keys} keys`);
  for (const { during, seconds, worstMs, worstOwnMs, copyMs } of await measureStalls(keys)) {
    const copy = copyMs > 0 ? `; the copy of the tables took ${copyMs} ms` : '';
    console.log(
      `${during.padEnd(13)} ${seconds.toFixed(1)} s, longest round ${worstMs.toFixed(1)} ms, ${worstOwnMs.toFixed(1)} ms without waiting for a CPU${copy}`,
    );
  }
}
