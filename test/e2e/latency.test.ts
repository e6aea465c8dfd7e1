import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startRedisServer } from '../kvserver/differential/redis-server.ts';
import { RawClient } from '../kvserver/raw-client.ts';
import { itNeeds } from '../support/requirements.ts';
import { Cli, scratch } from './kv.support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function latency(...args: string[]) {
  return new Cli(['latency', ...args]).finished;
}

/** Switches the monitor on and lets one command take long. */
async function makeSpike(port: number): Promise<void> {
  const client = await RawClient.open(port);
  await client.call('CONFIG', 'SET', 'latency-monitor-threshold', '20');
  await client.call('DEBUG', 'SLEEP', '0.05');
  client.close();
}

/** The same of every server of the family. */
async function tellsOfTheSpike(port: number): Promise<void> {
  const at = ['--port', String(port)];
  const off = await latency('latest', ...at);
  expect(off.code).toBe(4);
  expect(off.stdout).toContain('latency-monitor-threshold 0');
  expect(off.stdout).toContain('CONFIG SET latency-monitor-threshold 100');
  await makeSpike(port);

  const latest = await latency('latest', ...at);
  expect(latest.code).toBe(0);
  // On a busy machine other commands may have been slow, too.
  expect(latest.stdout).toMatch(/^event +latest +worst ever +when\n/);
  expect(latest.stdout).toMatch(/^command +\d+ ms +\d+ ms +\d+ s ago$/m);
  const history = JSON.parse((await latency('history', 'command', ...at, '--format', 'json')).stdout);
  expect(history).toMatchObject({ event: 'command', thresholdMs: 20 });
  expect(Math.max(...history.spikes.map((one: { ms: number }) => one.ms))).toBeGreaterThanOrEqual(50);
  const graph = await latency('graph', 'command', ...at, '--ascii');
  expect(graph.stdout).toMatch(/^command: \d+ spikes?, worst \d+ ms, worst ever \d+ ms\n\n *\d+ ms \|/);
  const doctor = JSON.parse((await latency('doctor', ...at, '--format', 'json')).stdout);
  const command = doctor.events.find((one: { event: string }) => one.event === 'command');
  expect(command.worstUs).toBeGreaterThanOrEqual(50_000);
  expect(command.advice[0].directive).toBe('slowlog-log-slower-than');

  const none = await latency('graph', 'fork', ...at);
  expect(none).toMatchObject({ code: 0, stdout: 'No spike of fork is on record.\n' });
  const unknown = await latency('history', 'nonsense', ...at);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(
    /^perfcase: latency: there is no event "nonsense"; on record are .*command.*\.\n$/,
  );
}

describe('perfcase latency', () => {
  it('tells what the bundled server has noted', async () => {
    const kv = new Cli(['kv', '--port', '0', '--dir', await scratch()]);
    await tellsOfTheSpike(await kv.ready());
  });

  itNeeds(['redis-server'], 'tells what redis-server has noted', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'perfcase-latency-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const real = await startRedisServer(dir);
    cleanups.push(() => real.stop());
    await tellsOfTheSpike(real.port);
  });

  it('needs the password where there is one', async () => {
    const kv = new Cli(['kv', '--port', '0', '--dir', await scratch(), '--requirepass', 'hush']);
    const refused = await latency('latest', '--port', String(await kv.ready()));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^perfcase: latency: \S+ wants a password; .*\n$/);
  });

  it('answers bad input in one line', async () => {
    const web = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((settle) => web.listen(0, '127.0.0.1', settle));
    cleanups.push(() => web.close());
    const { port } = web.address() as { port: number };
    const notRedis = await latency('doctor', '--port', String(port));
    expect(notRedis.code).toBe(2);
    expect(notRedis.stderr).toMatch(/^perfcase: latency: .*\n$/);
    for (const args of [['latest', '--port', '1'], ['latest', '--port', '70000'], ['history'], ['bogus']]) {
      const { code, stderr } = await latency(...args);
      expect(code).toBe(2);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});
