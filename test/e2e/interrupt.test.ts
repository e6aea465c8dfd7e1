import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { eventually, harmTo } from '../support/processes.ts';
import { describeNeeds } from '../support/requirements.ts';
import { type Child, type Listener, Scene } from '../support/scene.ts';
import { memberOf } from '../support/soak.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

const WATCHING = /perfcase: watching/;
const TRACING = /perfcase: tracing/;

/** A server with a client that always has something to do. */
async function busyServer(): Promise<Listener> {
  const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'everysec' } });
  scene.spawn(['redis-cli', '-p', String(server.port), '-r', '-1', '-i', '0.001', 'SET', 'key', 'value']);
  return server;
}

async function watched(server: Listener, temp: NodeJS.ProcessEnv): Promise<Child> {
  const args = ['diagnose', '--pid', String(server.pid), '--duration', '2s', '--tracer', 'strace'];
  return scene.perfcase(args, { env: temp, group: true });
}

/** Some milliseconds are the moment at which a test tries, not one that it relies on. */
describeNeeds(['dist', 'ptrace', 'redis-server'], 'diagnose, interrupted', () => {
  it.each([
    ['SIGINT', 'a terminal', WATCHING, 100],
    ['SIGINT', 'a terminal', TRACING, 0],
    ['SIGINT', 'a terminal', TRACING, 500],
    ['SIGTERM', 'kill', WATCHING, 0],
    ['SIGTERM', 'kill', TRACING, 30],
    ['SIGTERM', 'kill', TRACING, 1030],
    ['SIGHUP', 'a terminal', TRACING, 200],
  ] as const)('%s from %s after %s and %i ms: nothing is left behind', async (signal, from, line, ms) => {
    const server = await busyServer();
    const temp = await scene.temp();
    const child = await watched(server, temp.env);
    await child.prints(line);
    await sleep(ms);
    const { code, stderr, stdout } = await child.kill(signal, from === 'a terminal');
    // It may have come when the report was already being made.
    if (stdout === '') {
      expect(code).toBe(4);
      expect(stderr).toMatch(
        new RegExp(
          `\\nperfcase: interrupted \\(${signal}\\); redis-server \\(pid ${server.pid}\\) runs on untraced[^\\n]*\\n$`,
        ),
      );
    } else {
      // null: it came after the report, when nothing is left to clean up and signals mean what they always do.
      expect([0, 3, null]).toContain(code);
    }
    expect(stderr).not.toMatch(/internal error|^\s+at /m);
    expect(harmTo(server.pid)).toBeUndefined();
    expect(child.family()).toEqual([]);
    expect(await temp.left()).toEqual([]);
    expect(await scene.cli(server, ['ping'])).toBe('PONG');
  });

  it.each([
    ['perfcase itself', (child: Child) => child.pid],
    ['the strace that it started', (child: Child) => memberOf(child, 'strace')],
    ['what watches over strace', (child: Child) => memberOf(child, 'timeout')],
  ])('SIGKILL to %s while it traces: the target goes on untraced', async (_whom, pidOf) => {
    const server = await busyServer();
    const temp = await scene.temp();
    const child = await watched(server, temp.env);
    await child.prints(TRACING);
    expect(await eventually(() => pidOf(child) !== undefined)).toBe(true);
    await sleep(100);
    const victim = pidOf(child)!;
    process.kill(victim, 'SIGKILL');
    const { code, signal, stderr } = await child.finished;
    if (victim === child.pid) expect(signal).toBe('SIGKILL');
    else expect([0, 3, 4]).toContain(code);
    expect(stderr).not.toMatch(/internal error|^\s+at /m);
    expect(await eventually(() => child.family().length === 0)).toBe(true);
    expect(await eventually(() => harmTo(server.pid) === undefined)).toBe(true);
    expect(await temp.left()).toEqual([]);
    expect(await scene.cli(server, ['ping'])).toBe('PONG');
  });

  it('a closed standard error ends it like Ctrl-C', async () => {
    const server = await busyServer();
    const temp = await scene.temp();
    const child = await watched(server, temp.env);
    await child.prints(WATCHING);
    child.process.stderr!.destroy();
    expect([3, 4, 0]).toContain((await child.finished).code);
    expect(harmTo(server.pid)).toBeUndefined();
    expect(child.family()).toEqual([]);
    expect(await temp.left()).toEqual([]);
  });
});
