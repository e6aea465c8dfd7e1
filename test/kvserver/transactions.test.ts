import { describe, expect, it } from 'vitest';
import { FakeClock, open, start } from './harness.ts';

const QUEUED = { status: 'QUEUED' };
const OK = { status: 'OK' };

describe('WATCH and SWAPDB', () => {
  it('a key in either database changes, one that has expired does not', async () => {
    const clock = new FakeClock();
    const c = await open(await start({}, { clock }));
    const swapAndRun = async (...before: string[][]) => {
      const setUp = [['FLUSHALL'], ['SELECT', '0'], ...before];
      await c.pipeline(setUp);
      clock.advance(10);
      await c.pipeline([['SELECT', '1'], ['WATCH', 'x'], ['SWAPDB', '0', '1'], ['MULTI'], ['PING']]);
      return c.call('EXEC');
    };
    expect(await swapAndRun()).toEqual([{ status: 'PONG' }]);
    expect(await swapAndRun(['SET', 'x', '0'])).toBeNull();
    expect(await swapAndRun(['SELECT', '1'], ['SET', 'x', '1'])).toBeNull();
    expect(await swapAndRun(['SET', 'x', '0', 'PX', '5'])).toEqual([{ status: 'PONG' }]);
    expect(
      await swapAndRun(['SET', 'x', '0', 'PX', '5'], ['SELECT', '1'], ['SET', 'x', '1', 'PX', '5']),
    ).toEqual([{ status: 'PONG' }]);
  });
});

describe('SWAPDB', () => {
  it('serves who waits for a key that it brings', async () => {
    const running = await start();
    const [waiting, other] = [await open(running), await open(running)];
    await waiting.call('SELECT', 1);
    waiting.write('BLPOP list 0\r\n');
    await expect.poll(() => other.call('CLIENT', 'LIST')).toContain(' flags=b ');
    await other.pipeline([
      ['RPUSH', 'list', 'item'],
      ['SWAPDB', 0, 1],
    ]);
    expect(await waiting.next()).toEqual(['list', 'item']);
  });
});

describe('EXEC', () => {
  it('that is refused drops the transaction and says why', async () => {
    const running = await start();
    const [c, other] = [await open(running), await open(running)];
    expect(await c.pipeline([['WATCH', 'w'], ['MULTI'], ['SET', 'x', '1']])).toEqual([OK, OK, QUEUED]);
    await other.call('SET', 'big', 'x'.repeat(1000));
    await other.call('CONFIG', 'SET', 'maxmemory', '1');
    expect(await c.call('EXEC')).toEqual({
      error:
        "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.",
    });
    await other.call('CONFIG', 'SET', 'maxmemory', '0');
    expect(await c.call('EXEC')).toEqual({ error: 'ERR EXEC without MULTI' });
    expect(await c.call('GET', 'x')).toBeNull();
  });
});

describe('MULTI', () => {
  it('takes neither SAVE nor SHUTDOWN, and is spoilt by them', async () => {
    const c = await open(await start());
    for (const name of ['SAVE', 'SHUTDOWN']) {
      expect(await c.pipeline([['MULTI'], [name], ['EXEC']])).toEqual([
        OK,
        { error: 'ERR Command not allowed inside a transaction' },
        { error: 'EXECABORT Transaction discarded because of previous errors.' },
      ]);
    }
  });
});
