import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { askServer } from '../../src/capture/server.ts';
import type { LiveTarget } from '../../src/capture/target.ts';

const SELF = ['node', 'perfcase'] as const;
const signal = new AbortController().signal;
let close: () => void = () => undefined;
afterEach(() => close());

/** A listener of this very process that counts who comes. */
async function listener(): Promise<() => number> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => server.close();
  return () => connections;
}

const target = (comm: string, commandLine: string): LiveTarget => ({ pid: process.pid, comm, commandLine });

it.each([
  ['python3', 'python3 worker.py --broker=redis://127.0.0.1'],
  ['node', 'node /opt/perfcase.js app --redis 127.0.0.1:6379'],
  ['node', 'node /srv/redis/web.js kv'],
])('a client of a server is sent nothing, no password either: %s, %s', async (comm, commandLine) => {
  const connections = await listener();
  const answer = await askServer(target(comm, commandLine), { password: 'secret' }, [...SELF], signal);
  expect(answer.text).toBeUndefined();
  expect(answer.missing).toMatch(/not known as a Redis-family server by its name/);
  expect(connections()).toBe(0);
});

it.each([
  ['redis-server', 'redis-server *:6379'],
  ['node', 'node /opt/perfcase.js kv --port 6379'],
  ['main', '/usr/bin/valkey-server --port 6379'],
])('a server of the family is asked: %s, %s', async (comm, commandLine) => {
  const connections = await listener();
  await askServer(target(comm, commandLine), {}, [...SELF], signal);
  expect(connections()).toBeGreaterThan(0);
});
