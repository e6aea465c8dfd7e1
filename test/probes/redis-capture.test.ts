import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { captureServer, parseServer } from '../../src/probes/redis.ts';

const open: Server[] = [];
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of open.splice(0)) server.close();
});

/** A server on a port of its own choice that does this with each connection. */
async function serve(greet: (socket: Socket) => void): Promise<{ port: number; connections: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    greet(socket);
  });
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, connections: () => count };
}

/** A server that reads RESP commands and answers each in RESP. */
async function answer(reply: (words: string[]) => string): Promise<{ port: number; asked: string[][] }> {
  const asked: string[][] = [];
  const { port } = await serve((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (;;) {
        const command = /^\*(\d+)\r\n((?:\$\d+\r\n[^\r]*\r\n)*)/.exec(text);
        const words = [...(command?.[2] ?? '').matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map((match) => match[1]!);
        if (!command || words.length < Number(command[1])) return;
        text = text.slice(command[0].length);
        asked.push(words);
        socket.write(reply(words));
      }
    });
  });
  return { port, asked };
}

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const pair = (name: string, value: string) => `*2\r\n${bulk(name)}${bulk(value)}`;

/** Answers as Redis 3 does: no HELLO, no CLIENT SETINFO, unknown directives are an empty list. */
function oldServer([command, verb, name]: string[]): string {
  if (command === 'PING') return '+PONG\r\n';
  if (command === 'INFO') return bulk('# Server\r\nredis_version:3.2.12\r\n');
  if (command === 'CONFIG' && verb === 'GET') return name === 'appendfsync' ? pair(name, 'always') : '*0\r\n';
  return `-ERR unknown command '${command}'\r\n`;
}

describe('captureServer', () => {
  it('asks an old server without HELLO or SETINFO, and never for a secret', async () => {
    const { port, asked } = await answer(oldServer);
    const capture = await captureServer({ port, timeoutMs: 2000 });
    expect(capture).toMatchObject({ status: 'captured', refusals: [] });
    const { items, problems } = parseServer(capture.text);
    expect(items).toContainEqual(expect.objectContaining({ field: 'redis_version', value: '3.2.12' }));
    expect(items).toContainEqual(expect.objectContaining({ directive: 'appendfsync', value: 'always' }));
    expect(problems).toEqual([]);
    expect(new Set(asked.map((words) => words[0]))).toEqual(new Set(['PING', 'INFO', 'CONFIG']));
    expect(asked.flat().join(' ')).not.toMatch(/pass|masterauth|secret|\*/);
  });

  it.each([
    [12, true],
    [40_000, false],
  ])(
    'asks for clients and events where that is wanted, of %i clients for a list: %s',
    async (count, listed) => {
      const replies: Readonly<Record<string, string>> = {
        INFO: bulk(`# Clients\r\nconnected_clients:${count}\r\n`),
        LATENCY: `*1\r\n*4\r\n${bulk('expire-cycle')}:1795298718\r\n:25\r\n:41\r\n`,
        SLOWLOG: ':3\r\n',
        CLIENT: bulk('id=3 addr=127.0.0.1:32996 fd=8 name= age=12 idle=0 flags=N db=0 omem=0 cmd=get\n'),
      };
      const { port, asked } = await answer((words) => replies[words[0]!] ?? oldServer(words));
      const { items, problems } = parseServer(
        (await captureServer({ port, timeoutMs: 2000, clients: true })).text,
      );
      expect(problems).toEqual([]);
      expect(items).toContainEqual(
        expect.objectContaining({
          ...{ kind: 'server-latency', event: 'expire-cycle' },
          ...{ atSeconds: 1_795_298_718, latestMs: 25, worstEverMs: 41 },
        }),
      );
      expect(items).toContainEqual(expect.objectContaining({ kind: 'server-slowlog', entries: 3 }));
      expect(items.some(({ kind }) => kind === 'server-client')).toBe(listed);
      expect(asked.filter(([name]) => name === 'SLOWLOG')).toEqual([['SLOWLOG', 'LEN']]);
    },
  );

  it('goes on where CONFIG is renamed or forbidden, and asks only once', async () => {
    const { port, asked } = await answer((words) =>
      words[0] === 'CONFIG' ? "-ERR unknown command 'CONFIG'\r\n" : oldServer(words),
    );
    const capture = await captureServer({ port, timeoutMs: 2000 });
    expect(capture).toMatchObject({
      status: 'captured',
      refusals: [expect.stringContaining('unknown command')],
    });
    expect(asked.filter((words) => words[0] === 'CONFIG')).toHaveLength(1);
    expect(parseServer(capture.text).problems).toHaveLength(1);
    expect(parseServer(capture.text).items).toHaveLength(1);
  });

  it.each([
    ['-NOAUTH Authentication required.\r\n', 'needs-password', 'REDISCLI_AUTH'],
    ['-DENIED Redis is running in protected mode\r\n', 'no-permission', 'protected mode'],
    ['-ERR max number of clients reached\r\n', 'no-permission', 'max number of clients'],
    ['+OK\r\n', 'not-redis', 'does not speak'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'not-redis', '--tls'],
    ['\x15\x03\x01\x00\x02\x02\x46', 'not-redis', '--tls'],
    ['*99999999999\r\n', 'not-redis', 'does not speak'],
  ])('names the failure of a server that answers %j', async (reply, status, words) => {
    const { port, connections } = await serve((socket) =>
      socket.on('data', () => socket.write(reply, 'latin1')),
    );
    const capture = await captureServer({ port, timeoutMs: 2000 });
    expect(capture).toMatchObject({ status, reason: expect.stringContaining(words) });
    expect(capture.text).toContain(`! ${status}: `);
    expect(connections()).toBe(1);
  });

  it.each([
    ['-NOPERM this user has no permissions to run the command\r\n', 'no-permission', 'NOPERM'],
    ['-BUSY Redis is busy running a script.\r\n', 'failed', 'BUSY'],
  ])('has nothing to tell where every command is refused with %j', async (reply, status, words) => {
    const { port } = await answer(() => reply);
    const capture = await captureServer({ port, timeoutMs: 2000 });
    expect(capture).toMatchObject({ status, reason: expect.stringContaining(words) });
    expect(capture.text).toContain('> INFO all\n(error) ');
  });

  it.each([
    ['-WRONGPASS invalid username-password pair or user is disabled.\r\n', 'wrong-password'],
    ['-ERR invalid password\r\n', 'wrong-password'],
  ])('knows a wrong password by %j, and does not repeat it', async (reply, status) => {
    const { port, asked } = await answer((words) => (words[0] === 'AUTH' ? reply : '+PONG\r\n'));
    const capture = await captureServer({ port, timeoutMs: 2000, user: 'me', password: 'hunter2' });
    expect(capture).toMatchObject({ status });
    expect(JSON.stringify(capture)).not.toContain('hunter2');
    expect(asked).toEqual([['AUTH', 'me', 'hunter2']]);
  });

  it('goes on when the server wants no password', async () => {
    const { port } = await answer((words) =>
      words[0] === 'AUTH' ? '-ERR Client sent AUTH, but no password is set\r\n' : oldServer(words),
    );
    const capture = await captureServer({ port, timeoutMs: 2000, password: 'x' });
    expect(capture).toMatchObject({ status: 'captured', refusals: ['AUTH: the server wants no password'] });
  });

  it('takes arrays in arrays without end for no answer of a server', async () => {
    const deep = '*1\r\n'.repeat(200_000);
    const { port } = await serve((socket) => socket.on('data', () => socket.write(deep)));
    const capture = await captureServer({ port, timeoutMs: 20_000 });
    expect(capture).toMatchObject({ status: 'not-redis' });
  });

  it.each(['$99999999999\r\n', '+'])('hangs up on an answer without end: %j', async (begin) => {
    const more = Buffer.alloc(2 ** 20, 'a');
    let sent = 0;
    const { port } = await serve((socket) => {
      const send = () => {
        while (!socket.destroyed) {
          sent += more.length;
          if (!socket.write(more)) return;
        }
      };
      socket.on('drain', send);
      socket.once('data', () => {
        socket.write(begin);
        send();
      });
    });
    const capture = await captureServer({ port, timeoutMs: 20_000 });
    expect(capture).toMatchObject({ status: 'failed', reason: expect.stringContaining('too long') });
    expect(sent).toBeLessThan(2 ** 28);
  });

  it('does not wait longer than it was told, and hangs up', async () => {
    let closed = false;
    const { port, connections } = await serve((socket) =>
      socket.resume().on('close', () => {
        closed = true;
      }),
    );
    expect(await captureServer({ port, timeoutMs: 100 })).toMatchObject({ status: 'timed-out' });
    await expect.poll(() => closed).toBe(true);
    expect(connections()).toBe(1);
  });

  it('stops when it is told', async () => {
    const { port } = await serve((socket) => socket.resume());
    const abort = new AbortController();
    const capture = captureServer({ port, timeoutMs: 60_000, signal: abort.signal });
    abort.abort();
    expect(await capture).toMatchObject({ status: 'cancelled' });
  });

  it('tells nobody listening from a connection that is closed at once', async () => {
    const { port, connections } = await serve((socket) => socket.destroy());
    expect(await captureServer({ port, timeoutMs: 2000 })).toMatchObject({ status: 'closed' });
    expect(connections()).toBe(1);
    await new Promise<void>((done) => open.pop()!.close(() => done()));
    expect(await captureServer({ port, timeoutMs: 2000 })).toMatchObject({ status: 'refused' });
    expect(await captureServer({ socketPath: '/nowhere/redis.sock', timeoutMs: 2000 })).toMatchObject({
      status: 'refused',
    });
  });

  it('says that TLS failed where there is none', async () => {
    const { port } = await serve((socket) =>
      socket.on('data', () => socket.write('-ERR Protocol error\r\n')),
    );
    const capture = await captureServer({ port, timeoutMs: 2000, tls: { insecure: true } });
    expect(capture).toMatchObject({ status: 'tls', reason: expect.stringContaining('--cacert') });
  });

  it('says which certificate cannot be read', async () => {
    const capture = await captureServer({ port: 1, timeoutMs: 100, tls: { caFile: '/nowhere/ca.pem' } });
    expect(capture).toMatchObject({ status: 'failed', reason: expect.stringContaining('/nowhere/ca.pem') });
  });
});
