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
    try {
      const client = await RawClient.open(port);
      client.close();
      break;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((settle) => setTimeout(settle, 50));
    }
  }
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
