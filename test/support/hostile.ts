import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encode, RawClient } from '../kvserver/raw-client.ts';
import { eventually } from './processes.ts';
import { randomFrom } from './random.ts';
import type { Listener, Scene } from './scene.ts';

export interface HostileRequest {
  /** Connections that send garbage, and as many that send broken requests. */
  readonly fuzzed: number;
  /** Clients that stop in the middle of a request. */
  readonly halfOpen: number;
  /** Clients at the same time; the server allows as many. */
  readonly connections: number;
  readonly seed: number;
  readonly onAttack?: (name: string) => void;
}

export interface Attack {
  readonly name: string;
  readonly count: number;
  /** What became of the attackers. */
  readonly outcome: string;
  /** The longest time another client waited for PONG meanwhile. */
  readonly pingMs: number;
  /** How much more memory the server had afterwards than before. */
  readonly grownMiB: number;
  /** What was not as it should be; empty when no harm was done. */
  readonly harm: readonly string[];
}

/** A client that does not read may keep this much in the server; see client-output-buffer-limit. */
const OUTPUT_LIMIT_MIB = 32;
/** Memory that an attack may leave behind, beyond what the limits allow it while it runs. */
const ALLOWED_MIB = 160;
const MANY_CLIENTS = fileURLToPath(new URL('./many-clients.mjs', import.meta.url));
const PER_PROCESS = 2500;

type Assault = (port: number) => Promise<string>;

/** Does to a server what strangers do, one thing after the other, while a well-behaved client asks on. */
export async function attackServer(scene: Scene, request: HostileRequest): Promise<Attack[]> {
  const server = await scene.kv({
    directives: {
      maxclients: String(request.connections),
      'client-output-buffer-limit': `normal ${OUTPUT_LIMIT_MIB}mb 0 0`,
      save: '',
    },
  });
  const random = randomFrom(request.seed);
  const assaults: readonly (readonly [name: string, count: number, assault: Assault])[] = [
    ['garbage', request.fuzzed, (port) => sendGarbage(port, request.fuzzed, random)],
    ['broken requests', request.fuzzed, (port) => sendBroken(port, request.fuzzed, random, false)],
    ['… byte by byte', request.fuzzed, (port) => sendBroken(port, request.fuzzed, random, true)],
    ['half a request', request.halfOpen, (port) => stopHalfway(port, request.halfOpen)],
    ['reads nothing', 1, (port) => readNothing(port)],
    ['connections', request.connections, (port) => connectMany(scene, port, request.connections)],
  ];
  const attacks: Attack[] = [];
  for (const [name, count, assault] of assaults) {
    request.onAttack?.(name);
    attacks.push({ name, count, ...(await watched(server, assault)) });
  }
  return attacks;
}

async function watched(server: Listener, assault: Assault): Promise<Omit<Attack, 'name' | 'count'>> {
  const client = await RawClient.open(server.port);
  const before = residentMiB(server.pid);
  const harm: string[] = [];
  let pingMs = 0;
  let over = false;
  const asking = (async () => {
    while (!over) {
      const sent = performance.now();
      const reply = await Promise.race([client.call('PING'), client.closed]);
      if (JSON.stringify(reply) !== '{"status":"PONG"}') {
        harm.push(`PING was answered with ${JSON.stringify(reply) ?? 'the end of the connection'}`);
        return;
      }
      pingMs = Math.max(pingMs, performance.now() - sent);
      await sleep(2);
    }
  })();
  const outcome = await assault(server.port).catch((error: Error) => {
    harm.push(error.message);
    return 'failed';
  });
  over = true;
  await asking;
  // All attackers have gone; the server must notice.
  if (!(await eventually(async () => (await clients(client)) === 1, 10_000))) {
    harm.push(`${await clients(client)} clients are still there`);
  }
  client.close();
  const grownMiB = residentMiB(server.pid) - before;
  if (grownMiB > ALLOWED_MIB) harm.push(`the server keeps ${Math.round(grownMiB)} MiB more`);
  if (server.child.isOver) harm.push(`the server has ended: ${server.child.stderr}`);
  if (server.child.stderr.includes('internal error')) harm.push(server.child.stderr.trim());
  return { outcome, pingMs, grownMiB, harm };
}

async function clients(client: RawClient): Promise<number> {
  return Number(/^connected_clients:(\d+)/m.exec(String(await client.call('INFO', 'clients')))?.[1]);
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}

async function sendGarbage(port: number, count: number, random: () => number): Promise<string> {
  let closed = 0;
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 2000) }, () => random() * 256));
    if (await send(port, [bytes])) closed++;
  }
  return `${closed} cut off`;
}

const WORDS = [
  'SET',
  'GET',
  'a',
  'LPUSH',
  'l',
  'HSET',
  'x'.repeat(300),
  '',
  '1',
  '-1',
  'MULTI',
  'EXEC',
  '\0\r\n$*',
];

/** Requests in which some bytes were changed, taken out or doubled. */
async function sendBroken(
  port: number,
  count: number,
  random: () => number,
  bytewise: boolean,
): Promise<string> {
  const pick = (below: number) => Math.floor(random() * below);
  let closed = 0;
  for (let i = 0; i < count; i++) {
    const request = () => encode(Array.from({ length: 1 + pick(4) }, () => WORDS[pick(WORDS.length)]!));
    let text = Array.from({ length: 1 + pick(3) }, request).join('');
    for (let strokes = 1 + pick(3); strokes > 0; strokes--) {
      const at = pick(text.length);
      const put = ['', String.fromCharCode(pick(256)), text.slice(at, at + 8) + text[at], '99999999999'][
        pick(4)
      ]!;
      text = text.slice(0, at) + put + text.slice(at + 1);
    }
    const bytes = Buffer.from(text, 'latin1');
    const parts = bytewise ? [...bytes].map((byte) => Buffer.of(byte)) : [bytes];
    if (await send(port, parts)) closed++;
  }
  return `${closed} cut off`;
}

/** Sends pieces, each in a packet of its own, and hangs up. @returns true when the server hung up first */
async function send(port: number, pieces: readonly Buffer[]): Promise<boolean> {
  const socket = await open(port);
  let ended = false;
  const end = new Promise<void>((settle) => {
    socket.once('close', () => {
      ended = true;
      settle();
    });
  });
  socket.resume();
  for (const piece of pieces) {
    if (ended) break;
    await new Promise<void>((settle) => socket.write(piece, () => settle()));
  }
  await Promise.race([end, sleep(2)]);
  const first = ended;
  socket.destroy();
  return first;
}

async function stopHalfway(port: number, count: number): Promise<string> {
  const beginnings = [
    '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc',
    '*1000000\r\n$4\r\nMGET\r\n',
    '$',
    'GET a',
  ];
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = await open(port);
    socket.write(beginnings[i % beginnings.length]!);
    sockets.push(socket);
  }
  await sleep(200);
  const alive = sockets.filter((socket) => !socket.destroyed).length;
  // Half of them leave in order, the others without a word.
  for (const [i, socket] of sockets.entries()) {
    if (i % 2 === 0) socket.end();
    else socket.resetAndDestroy();
  }
  await sleep(50);
  for (const socket of sockets) socket.destroy();
  return `${alive} held, none answered for`;
}

async function readNothing(port: number): Promise<string> {
  const client = await RawClient.open(port);
  await client.call('SET', 'big', 'x'.repeat(1024 ** 2));
  client.pause();
  for (let i = 0; i < 4 * OUTPUT_LIMIT_MIB; i++) client.write('GET big\r\n');
  const other = await RawClient.open(port);
  try {
    const gone = await eventually(async () => (await clients(other)) === 2, 20_000);
    if (!gone) throw new Error('a client that reads nothing was kept');
    await other.call('DEL', 'big');
  } finally {
    client.close();
    other.close();
  }
  return `cut off at ${OUTPUT_LIMIT_MIB} MB`;
}

/** As many clients as are allowed, the one that watches among them; the next must be told that it is one too many. */
async function connectMany(scene: Scene, port: number, count: number): Promise<string> {
  const wanted = count - 1;
  const crowds = [];
  for (let left = wanted; left > 0; left -= PER_PROCESS) {
    const size = Math.min(left, PER_PROCESS);
    crowds.push(scene.spawn([process.execPath, MANY_CLIENTS, String(port), String(size)]));
  }
  try {
    let answered = 0;
    for (const crowd of crowds) {
      const seen = JSON.parse((await crowd.prints(/^\{.*\}$/m, 120_000))[0]) as { pong: number };
      answered += seen.pong;
    }
    if (answered !== wanted) throw new Error(`${answered} of ${wanted} clients were served`);
    const late = scene.spawn([process.execPath, MANY_CLIENTS, String(port), '10']);
    const refused = (await late.prints(/^\{.*\}$/m))[0];
    await late.kill('SIGKILL');
    if (refused !== '{"pong":0,"refused":10,"other":0}') throw new Error(`ten too many: ${refused}`);
    return `${answered} served, 10 more refused`;
  } finally {
    await Promise.all(crowds.map((crowd) => crowd.kill('SIGKILL')));
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((settle, fail) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      socket.on('error', () => {});
      settle(socket);
    });
    socket.once('error', fail);
  });
}

export function attackTable(attacks: readonly Attack[]): string {
  const rows = attacks.map(({ name, count, outcome, pingMs, grownMiB, harm }) => [
    name,
    count,
    pingMs.toFixed(1),
    Math.round(grownMiB),
    harm.length === 0 ? outcome : `HARM: ${harm.join('; ')}`,
  ]);
  return [['what', 'times', 'PING ms', 'MiB', 'outcome'], ...rows]
    .map(
      ([name, count, ping, mib, outcome]) =>
        `${String(name).padEnd(18)}${String(count).padStart(7)}${String(ping).padStart(9)}${String(mib).padStart(6)}  ${outcome}`,
    )
    .join('\n');
}
