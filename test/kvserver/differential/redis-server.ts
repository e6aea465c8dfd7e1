import { spawn } from 'node:child_process';
import { freePort } from '../../support/free-port.ts';
import { RawClient } from '../raw-client.ts';

/** A real redis-server for comparison; without persistence unless asked for. */
export async function startRedisServer(
  dir: string,
  more: readonly string[] = [],
): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    dir,
    '--enable-debug-command',
    'yes',
    ...more,
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const ended = new Promise<void>((settle) => child.once('exit', () => settle()));
  for (let attempt = 0; ; attempt++) {
    // It listens before it has loaded its files, and answers with LOADING until then.
    if (await answers(port)) break;
    if (attempt > 200) throw new Error(`redis-server does not answer on port ${port}`);
    await new Promise((settle) => setTimeout(settle, 50));
  }
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    const client = await RawClient.open(port);
    const reply = await client.call('PING');
    client.close();
    return JSON.stringify(reply) === '{"status":"PONG"}';
  } catch {
    return false;
  }
}
