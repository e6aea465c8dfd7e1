import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { onCleanup, start } from './harness.ts';
import { RawClient } from './raw-client.ts';

/** An address of this machine that a stranger could use. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

async function ask(port: number, host: string): Promise<unknown> {
  const client = await RawClient.open(port, host);
  onCleanup(() => client.close());
  return client.call('PING');
}

const PONG = { status: 'PONG' };

describe('a server without a password', () => {
  it('listens on loopback only, unless it is told otherwise', async () => {
    const { server } = await start({ bind: '127.0.0.1 -::1' });
    expect(server.config.values.bind).toEqual(['127.0.0.1', '-::1']);
    if (outside !== undefined) await expect(ask(server.port, outside)).rejects.toThrow('ECONNREFUSED');
    expect(await ask(server.port, '127.0.0.1')).toEqual(PONG);
  });

  it.skipIf(outside === undefined)(
    'answers strangers with DENIED when it is bound to all addresses',
    async () => {
      const { port } = await start({ bind: '*' });
      const denied = { error: expect.stringMatching(/^DENIED Redis is running in protected mode/) };
      expect(await ask(port, outside!)).toEqual(denied);
      expect(await ask(port, '127.0.0.1')).toEqual(PONG);
    },
  );

  it.skipIf(outside === undefined)('serves everybody with protected-mode no', async () => {
    const { port } = await start({ bind: '*', 'protected-mode': 'no' });
    expect(await ask(port, outside!)).toEqual(PONG);
  });

  it.skipIf(outside === undefined)('serves those who know the password once there is one', async () => {
    const { port } = await start({ bind: '*', requirepass: 'secret' });
    expect(await ask(port, outside!)).toEqual({ error: 'NOAUTH Authentication required.' });
  });
});
