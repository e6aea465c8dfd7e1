import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { RawClient } from '../../test/kvserver/raw-client.ts';
import type { Listener } from '../../test/support/scene.ts';
import { fill, keyName } from './kv-fill.ts';
import { NAMES, type Name, type Pair, startPair } from './kv-pair.ts';
import type { Table } from './table.ts';

const KEYS = 1_000_000;
const BYTES = 3;
const GOAL_MS = 50;
/** Writes meanwhile, so that what changes has to be kept apart; a rate that no machine feels. */
const WRITE_EVERY_MS = 2;
const PATIENCE_MS = 120_000;
const PROBE = pathToFileURL(new URL('./loop-delay.mjs', import.meta.url).pathname).href;

interface Job {
  readonly command: string;
  /** Field of INFO persistence that is 1 while it runs. */
  readonly running: string;
}
const JOBS: readonly Job[] = [
  { command: 'BGREWRITEAOF', running: 'aof_rewrite_in_progress' },
  { command: 'BGSAVE', running: 'rdb_bgsave_in_progress' },
];

interface Stall {
  readonly seconds: number;
  /** The longest time a client waited for the answer to a PING. */
  readonly pingMs: number;
  /** The longest stall that the event loop itself noticed; absent for redis-server, and when it was not told. */
  readonly loopMs?: number;
}

/** How long clients wait at worst while the whole data set is written in the background. */
export async function stallTable(rounds: number, say: (line: string) => void): Promise<Table> {
  const pair = await startPair({ appendonly: 'yes', save: '' }, { NODE_OPTIONS: `--import=${PROBE}` });
  const rows: string[][] = [];
  try {
    for (const name of NAMES) {
      say(`${name}: ${KEYS.toLocaleString('en')} keys`);
      await fill(pair.servers[name].port, KEYS, BYTES);
    }
    for (const job of JOBS) {
      const stalls: Record<Name, Stall[]> = { 'redis-server': [], 'perfcase kv': [] };
      for (let round = 0; round < rounds; round++) {
        for (const name of NAMES) {
          say(`${name}: ${job.command}, ${round + 1} of ${rounds}`);
          stalls[name].push(await watch(pair, name, job));
        }
      }
      const worst = (name: Name, of: (stall: Stall) => number | undefined) => {
        const found = stalls[name].map(of).filter((each) => each !== undefined);
        return found.length === 0 ? 'n/a' : Math.max(...found).toFixed(1);
      };
      rows.push([
        job.command,
        ...NAMES.map((name) => worst(name, ({ pingMs }) => pingMs)),
        worst('perfcase kv', ({ loopMs }) => loopMs),
        ...NAMES.map((name) => worst(name, ({ seconds }) => seconds)),
      ]);
    }
  } finally {
    await pair.scene.close();
  }
  return {
    title: `Longest wait in ms while ${KEYS.toLocaleString('en')} keys are written in the background`,
    head: ['', 'PING, redis-server', 'PING, perfcase kv', 'its loop', 'seconds', 'seconds'],
    rows,
    notes: [
      `The worst of ${rounds} rounds, with a client that writes all the while. Goal: none above ${GOAL_MS} ms. A PING`,
      'feels what else runs on the machine, too.',
    ],
  };
}

async function watch({ servers }: Pair, name: Name, { command, running }: Job): Promise<Stall> {
  const server = servers[name];
  const [ping, control, writer] = await Promise.all([1, 2, 3].map(() => RawClient.open(server.port)));
  let over = false;
  try {
    const measured = name === 'perfcase kv';
    if (measured) await loopStall(server);
    const pings = longestPing(ping!, () => over);
    const writes = keepWriting(writer!, () => over);
    const started = performance.now();
    const reply = JSON.stringify(await control!.call(command));
    if (reply.includes('error')) throw new Error(`${name}: ${command}: ${reply}`);
    while (performance.now() - started < PATIENCE_MS) {
      const info = String(await control!.call('INFO', 'persistence'));
      if (info.includes(`${running}:0`)) break;
      await sleep(20);
    }
    const seconds = (performance.now() - started) / 1000;
    if (seconds * 1000 >= PATIENCE_MS) throw new Error(`${name}: ${command} does not end`);
    over = true;
    await writes;
    const pingMs = await pings;
    return { seconds, pingMs, ...(measured && { loopMs: await loopStall(server) }) };
  } finally {
    over = true;
    for (const client of [ping, control, writer]) client!.close();
  }
}

async function longestPing(client: RawClient, isOver: () => boolean): Promise<number> {
  let longest = 0;
  while (!isOver()) {
    const sent = performance.now();
    await client.call('PING');
    longest = Math.max(longest, performance.now() - sent);
    await sleep(1);
  }
  return longest;
}

async function keepWriting(client: RawClient, isOver: () => boolean): Promise<void> {
  for (let number = 0; !isOver(); number++) {
    await client.call('SET', keyName((number * 7919) % KEYS), 'new');
    await sleep(WRITE_EVERY_MS);
  }
}

/** The longest stall since it was asked last. */
async function loopStall({ child }: Listener): Promise<number> {
  const lines = () => [...child.stdout.matchAll(/^longest stall ([\d.]+) ms$/gm)];
  const before = lines().length;
  child.process.kill('SIGUSR2');
  for (let tries = 0; tries < 1000; tries++) {
    const found = lines();
    if (found.length > before) return Number(found.at(-1)![1]);
    await sleep(5);
  }
  throw new Error('the server does not tell of its event loop');
}
