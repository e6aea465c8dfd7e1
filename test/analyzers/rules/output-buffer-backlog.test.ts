import { describe, expect, it } from 'vitest';
import { busyReader, webServer } from '../../support/logs.ts';
import { askedTwice, client } from '../../support/server-answers.ts';
import { bulks, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'output-buffer-backlog';
const MIB = 2 ** 20;

const listed = (before: readonly string[], after: readonly string[]) =>
  askedTwice({ connected_clients: 3 }, { connected_clients: 3 }, { clients: [before, after] });

/** A subscriber's socket that is full at each third message. */
const behind = (blocked: number) =>
  busyReader().times(blocked, (log) =>
    log
      .write(21, bulks('message', 'news', 'text'))
      .call(
        'write',
        '21, "*3\\r\\n$7\\r\\nmessage\\r\\n", 40',
        '-1 EAGAIN (Resource temporarily unavailable)',
      ),
  );

/** Connections that are ended while their sockets are full, by the server or by their clients. */
const cut = (count: number, { byClient = false } = {}) =>
  new TraceLog({ appendfsync: 'off' }).times(60, (log, index) => {
    log.turn(8, ['GET', `k${index}`], '$-1\r\n');
    if (index % 10 !== 5 || index / 10 > count) return;
    log
      .call('accept4', '6, 0x0, 0x0, SOCK_NONBLOCK', 30)
      .read(30, '*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n')
      .write(30, `$400000\r\n${'x'.repeat(900)}`)
      .call('write', '30, "xxxx", 300000', '-1 EAGAIN (Resource temporarily unavailable)');
    if (byClient) log.call('read', '30, "", 16384', 0);
    log.call('close', '30', 0);
  });

judges(ID, {
  fires: {
    'a subscriber whose backlog grows': () => listed([client(3, 2 * MIB, 'P')], [client(3, 60 * MIB, 'P')]),
    'a monitor that came meanwhile': () => listed([client(4, 0)], [client(9, 40 * MIB, 'O')]),
    'a client that asked much and rests': () => listed([], [client(3, 5 * MIB, 'N', 7)]),
    'connections that are cut off': () => ({ log: cut(3) }),
    'a listener whose socket is full, where the server was not asked': () => ({ log: behind(6) }),
  },
  spares: {
    'clients without a backlog': () => ({
      log: busyReader(),
      ...listed([client(3, 0)], [client(3, 20_000)]),
    }),
    'a subscriber with one burst under way': () => listed([client(3, 0, 'P')], [client(3, 3 * MIB, 'P')]),
    'a large reply under way': () => listed([client(3, 4 * MIB)], [client(3, 5 * MIB)]),
    'a replica that is being filled': () => listed([client(3, 90 * MIB, 'S')], [client(3, 90 * MIB, 'S')]),
    'a subscriber whose socket is full at times': () => ({
      log: behind(6),
      ...listed([client(16, 0, 'P')], [client(16, 0, 'P')]),
    }),
    'clients that hang up themselves': () => ({
      log: cut(4, { byClient: true }),
      ...listed([client(3, 0)], [client(3, 0)]),
    }),
  },
  cannotTell: {
    'no log': () => ({}),
    'a log alone in which nothing is full': () => ({ log: busyReader() }),
    'a server with too many clients to be listed': () =>
      askedTwice({ connected_clients: 40_000 }, { connected_clients: 40_000 }),
    'an HTTP server': () => ({ log: webServer() }),
  },
});

describe('what it says', () => {
  it('how much waits and how fast it grows, by id', () => {
    const { why, measures, fix, evidence } = findingOf(
      ID,
      listed([client(3, 2 * MIB, 'P')], [client(3, 62 * MIB, 'P'), client(4, 0)]),
    );
    expect(why).toContain('1 client left 62 MiB of replies unread, 6 MiB more each second');
    expect(why).toContain('a subscriber');
    expect(measures.growth).toEqual({ value: 6, unit: 'MiB/s' });
    expect(fix?.command).toBe('CLIENT KILL ID 3');
    expect(evidence.map(({ source }) => source)).toEqual(['redis', 'redis#2']);
  });

  it('gives no name that a client gave itself', () => {
    const row = client(3, 60 * MIB, 'P').replace('name=', 'name=alices-phone');
    expect(JSON.stringify(findingOf(ID, listed([row], [row])))).not.toContain('alices-phone');
  });
});
