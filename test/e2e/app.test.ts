import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Cli, scratch } from './kv.support.ts';

describe('perfcase app', () => {
  it('runs the slow query on the bundled server and ends with 0 on SIGTERM', async () => {
    const kv = new Cli([
      'kv',
      '--port',
      '0',
      '--dir',
      await scratch(),
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
    ]);
    const port = await kv.ready();
    const app = new Cli(['app', '--port', '0', '--redis', `127.0.0.1:${port}`]);
    const base = `http://127.0.0.1:${await app.ready()}`;
    expect(await (await fetch(`${base}/`)).text()).toBe('hello redis');
    expect(await (await fetch(`${base}/init/30`)).json()).toMatchObject({ keys_initialized: 30 });
    expect(await (await fetch(`${base}/get_cache`)).json()).toMatchObject({ count: 10, type: 'good' });
    expect(await (await fetch(`${base}/get_cache_data`)).json()).toMatchObject({ count: 10, type: 'good' });
    expect((await app.kill('SIGTERM')).code).toBe(0);
    expect(app.stderr).toBe('');
  });

  it('refuses bad input with 2', async () => {
    const taken = createServer();
    await new Promise<void>((settle) => taken.listen(0, '127.0.0.1', settle));
    const { port } = taken.address() as { port: number };
    for (const args of [
      ['--port', String(port)],
      ['--port', '70000'],
      ['--redis', 'nowhere'],
    ]) {
      const { code, stderr } = await new Cli(['app', ...args]).finished;
      expect({ code, lines: stderr.trim().split('\n').length }, stderr).toEqual({ code: 2, lines: 1 });
    }
    await new Promise((settle) => taken.close(settle));
  });

  it('answers 503 while there is no server', async () => {
    const app = new Cli(['app', '--port', '0', '--redis', '127.0.0.1:1']);
    const response = await fetch(`http://127.0.0.1:${await app.ready()}/get_cache`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: expect.stringContaining('127.0.0.1:1') });
  });
});
