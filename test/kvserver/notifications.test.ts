import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printClasses, readClasses } from '../../src/kvserver/notifications.ts';
import { FakeClock, open, start } from './harness.ts';

describe('classes of keyspace events', () => {
  it('are printed so that they are read back as they were', () => {
    const letters = fc.array(fc.constantFrom(...'KEAg$lshzxetdnm')).map((some) => some.join(''));
    fc.assert(
      fc.property(letters, (given) => {
        const flags = readClasses(given)!;
        expect(readClasses(printClasses(flags))).toBe(flags);
      }),
    );
  });

  it('have the order that clients know, and no others', () => {
    const shown = (letters: string) => printClasses(readClasses(letters)!);
    expect([shown('KA'), shown('EgK'), shown('m$lshzxeKE'), shown('')]).toEqual([
      'AK',
      'gKE',
      '$lshzxeKEm',
      '',
    ]);
    expect(readClasses('Kq')).toBeUndefined();
  });
});

describe('keyspace notifications', () => {
  it('come only for the classes and channels asked for', async () => {
    const clock = new FakeClock();
    const running = await start({ 'notify-keyspace-events': 'Exm' }, { clock });
    const [c, listener] = [await open(running), await open(running)];
    await listener.call('PSUBSCRIBE', '__key*');
    await c.pipeline([
      ['SET', 'k', 'v', 'PX', '10'],
      ['SELECT', 3],
      ['GET', 'none'],
      ['SELECT', 0],
    ]);
    clock.advance(20);
    await c.call('GET', 'k');
    const heard = [await listener.next(), await listener.next(), await listener.next()];
    expect(heard).toEqual([
      ['pmessage', '__key*', '__keyevent@3__:keymiss', 'none'],
      ['pmessage', '__key*', '__keyevent@0__:expired', 'k'],
      ['pmessage', '__key*', '__keyevent@0__:keymiss', 'k'],
    ]);
  });

  it('are switched on and off while the server runs; an unknown letter is refused', async () => {
    const running = await start();
    const [c, listener] = [await open(running), await open(running)];
    await listener.call('SUBSCRIBE', '__keyspace@0__:k', 'end');
    expect(await c.call('CONFIG', 'SET', 'notify-keyspace-events', 'q')).toEqual({
      error:
        "ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
    });
    await c.pipeline([
      ['SET', 'k', '1'],
      ['CONFIG', 'SET', 'notify-keyspace-events', 'K$'],
      ['SET', 'k', '2'],
      ['DEL', 'k'],
      ['CONFIG', 'SET', 'notify-keyspace-events', ''],
      ['SET', 'k', '3'],
      ['PUBLISH', 'end', ''],
    ]);
    expect(await listener.next()).toEqual(['subscribe', 'end', 2]);
    expect(await listener.next()).toEqual(['message', '__keyspace@0__:k', 'set']);
    expect(await listener.next()).toEqual(['message', 'end', '']);
  });
});
