import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Clock } from '../../src/kvserver/clock.ts';
import { assembleConfig } from '../../src/kvserver/config/assemble.ts';
import type { ServerOptions } from '../../src/kvserver/server.ts';
import { type RunningServer, startServer } from '../../src/kvserver/start.ts';
import { RawClient } from './raw-client.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function onCleanup(cleanup: () => Promise<unknown> | unknown): void {
  cleanups.push(cleanup);
}

/** A directory that is gone after the test. */
export async function scratchDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'perfcase-kv-'));
  onCleanup(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A clock that only moves when the test says so. */
export class FakeClock implements Clock {
  time = 1_700_000_000_000;
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
  advance(ms: number): void {
    this.time += ms;
  }
}

const REAL_CLOCK: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** A server in this process on a free port; it is closed after the test. */
export async function start(
  directives: Readonly<Record<string, string>> = {},
  options: Partial<Omit<ServerOptions, 'config'>> = {},
): Promise<RunningServer> {
  const given = { port: '0', bind: '127.0.0.1', dir: directives.dir ?? (await scratchDir()), ...directives };
  const settings = Object.entries(given).map(([name, value]) => ({
    name,
    words: value.split(' '),
    where: 'test',
  }));
  const { config, errors } = assembleConfig(settings);
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const running = await startServer({ clock: REAL_CLOCK, ...options, config });
  onCleanup(() => running.close());
  return running;
}

export async function open(running: { port: number }): Promise<RawClient> {
  const client = await RawClient.open(running.port);
  onCleanup(() => client.close());
  return client;
}
