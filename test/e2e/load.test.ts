import { describe, expect, it } from 'vitest';
import { Cli, scratch } from './kv.support.ts';

async function slowApp(): Promise<string> {
  const kv = new Cli(['kv', '--port', '0', '--dir', await scratch()]);
  const app = new Cli(['app', '--port', '0', '--redis', `127.0.0.1:${await kv.ready()}`]);
  const base = `http://127.0.0.1:${await app.ready()}`;
  await fetch(`${base}/init/30`);
  return base;
}

describe('perfcase load', () => {
  it('prints each answer and a summary', async () => {
    const url = `${await slowApp()}/get_cache`;
    const text = await new Cli(['load', url, '--count', '3']).finished;
    expect(text.code).toBe(0);
    const lines = text.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^ +1 +\d\.\d{3} s {2}elapsed_seconds \d\.\d{3} {2}count 10$/);
    expect(lines[3]).toMatch(
      /^3 requests, 0 errors {2}p50 \d\.\d{3} s {2}p95 \d\.\d{3} s {2}max \d\.\d{3} s$/,
    );
    const json = await new Cli(['load', url, '--duration', '300ms', '--concurrency', '2', '--format', 'json'])
      .finished;
    const items = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(items.at(-1).summary).toMatchObject({ errors: 0, p50Seconds: expect.any(Number) });
    expect(items[0]).toMatchObject({ number: 1, status: 200, matches: 10 });
  });

  it('ends on Ctrl-C with the summary and 0', async () => {
    const load = new Cli(['load', `${await slowApp()}/`, '--interval', '20ms']);
    await expect.poll(() => load.stdout).toContain('\n');
    const { code, stdout } = await load.kill('SIGINT');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+ requests, 0 errors .*\n$/);
  });

  it('reports errors, and refuses what is no URL', async () => {
    const failed = await new Cli(['load', 'http://127.0.0.1:1/', '--count', '1']).finished;
    expect(failed.code).toBe(4);
    expect(failed.stdout).toContain('1 requests, 1 errors');
    for (const args of [['nonsense'], ['https://127.0.0.1/'], ['http://127.0.0.1/', '--count', '0'], []]) {
      expect((await new Cli(['load', ...args]).finished).code).toBe(2);
    }
  });
});
