import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runLoad } from '../../src/lab/load.ts';
import { startApp } from '../../src/slowapp/app.ts';
import { onCleanup, open, start } from '../kvserver/harness.ts';

const monotonic = () => performance.now();

async function setUp() {
  const server = await start();
  const app = await startApp({
    port: 0,
    host: '127.0.0.1',
    redis: { host: '127.0.0.1', port: server.port },
    monotonic,
  });
  onCleanup(() => app.close());
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${app.port}${path}`);
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return { server, app, get };
}

/** Commands the server ran, from its own statistics. */
function calls(server: Awaited<ReturnType<typeof start>>): Record<string, number> {
  return Object.fromEntries([...server.server.stats.commands].map(([name, one]) => [name, one.calls]));
}

describe('the slow application', () => {
  it('greets, fills and finds', async () => {
    const { get } = await setUp();
    expect((await get('/')).body).toBe('hello redis');
    expect(await get('/init/300')).toEqual({
      status: 200,
      body: { elapsed_seconds: expect.any(Number), keys_initialized: 300 },
    });
    const slow = await get('/get_cache');
    expect(slow.body).toEqual({
      count: 100,
      data: expect.any(Array),
      elapsed_seconds: expect.any(Number),
      type: 'good',
    });
    expect(slow.body.data[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    const quick = await get('/get_cache_data/good?count=50');
    expect(quick.body.data.sort()).toEqual(slow.body.data.sort());
    expect((await get('/get_cache/bad')).body.count).toBe(100);
    expect((await get('/get_cache_data/normal')).body.count).toBe(100);
  });

  it('asks as the case does: SCAN, a GET for each key, a SADD for each match, SMEMBERS, DEL', async () => {
    const { server, get } = await setUp();
    await get('/init/100');
    server.server.stats.reset();
    await get('/get_cache');
    expect(calls(server)).toMatchObject({ scan: 10, get: 100, sadd: 34, smembers: 1, del: 1 });
    server.server.stats.reset();
    await get('/get_cache_data');
    expect(calls(server)).toMatchObject({ scan: 10, mget: 10 });
    expect(calls(server)).not.toHaveProperty('sadd');
    server.server.stats.reset();
    await get('/get_cache_data?count=1000');
    expect(calls(server)).toMatchObject({ scan: 1, mget: 1 });
  });

  it('empties the server before it fills it', async () => {
    const { server, get } = await setUp();
    await (await open(server)).call('SET', 'other', '1');
    await get('/init/3');
    await get('/init/6');
    expect(server.server.keyspaces[0]!.size).toBe(6);
  });

  it.each([
    ['/get_cache/ugly', 400],
    ['/get_cache_data/ugly', 400],
    ['/get_cache_data?count=0', 400],
    ['/init/none', 400],
    ['/init/0', 400],
    ['/nothing', 404],
    ['/get_cache/good/more', 404],
  ])('answers %s with %i', async (path, status) => {
    const { get } = await setUp();
    expect(await get(path)).toEqual({ status, body: { error: expect.any(String) } });
  });

  it('says so at once when the server is gone, and works again when it is back', async () => {
    const { server, get } = await setUp();
    await get('/init/3');
    await server.close();
    const { status, body } = await get('/get_cache');
    expect(status).toBe(503);
    expect(body.error).toContain(`127.0.0.1:${server.port}`);
    const again = await start({ port: String(server.port) });
    expect(again.port).toBe(server.port);
    await expect.poll(async () => (await get('/get_cache')).status).toBe(200);
  });

  it('reports a port that is taken', async () => {
    const blocker = createServer();
    await new Promise<void>((settle) => blocker.listen(0, '127.0.0.1', settle));
    onCleanup(() => blocker.close());
    const { port } = blocker.address() as { port: number };
    await expect(
      startApp({ port, host: '127.0.0.1', redis: { host: '127.0.0.1', port: 1 }, monotonic }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('serves requests side by side', async () => {
    const { get } = await setUp();
    await get('/init/90');
    const answers = await Promise.all(Array.from({ length: 6 }, () => get('/get_cache_data/bad')));
    for (const answer of answers) expect(answer.body.count).toBe(30);
  });
});

describe('runLoad', () => {
  it('asks as often as it was told and sums up', async () => {
    const { app, get } = await setUp();
    await get('/init/9');
    const samples: number[] = [];
    const summary = await runLoad(new URL(`http://127.0.0.1:${app.port}/get_cache`), {
      count: 5,
      concurrency: 2,
      monotonic,
      onSample: (sample) => {
        samples.push(sample.number);
        expect(sample).toMatchObject({ status: 200, matches: 3, elapsedSeconds: expect.any(Number) });
      },
    });
    expect(samples).toEqual([1, 2, 3, 4, 5]);
    expect(summary).toMatchObject({
      requests: 5,
      errors: 0,
      p50Seconds: expect.any(Number),
      maxSeconds: expect.any(Number),
    });
  });

  it('counts failures apart, and has no figures when nothing was answered', async () => {
    const { app } = await setUp();
    const url = new URL(`http://127.0.0.1:${app.port}/get_cache/ugly`);
    expect(await runLoad(url, { count: 2, monotonic })).toEqual({ requests: 2, errors: 2 });
  });

  it('stops at once when it is told to', async () => {
    const abort = new AbortController();
    const { app } = await setUp();
    const summary = await runLoad(new URL(`http://127.0.0.1:${app.port}/`), {
      intervalMs: 100_000,
      monotonic,
      signal: abort.signal,
      onSample: () => abort.abort(),
    });
    expect(summary.requests).toBe(1);
  });
});
