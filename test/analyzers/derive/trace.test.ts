import { describe, expect, it } from 'vitest';
import { APP_PID, AppLog, pageWithCounter } from '../../support/app-log.ts';
import { rewriteChild, streams } from '../../support/logs.ts';
import {
  bulk,
  bulks,
  factsOf,
  int,
  LSOF,
  NIL,
  OK,
  request,
  type Surroundings,
  TraceLog,
} from '../../support/trace-log.ts';

const derive = (log: TraceLog | string, surroundings: Surroundings = {}) => factsOf(log, surroundings).trace!;
const commandsOf = (log: TraceLog | string, surroundings?: Surroundings) =>
  derive(log, surroundings).commands.map(({ name, args }) =>
    [name, ...args.map(({ text }) => text)].join(' '),
  );

describe('conversations', () => {
  it('pair each command with its reply and the times of both', () => {
    const [first, second] = derive(
      new TraceLog({ callUs: 20, stepUs: 30, thinkUs: 0 })
        .turn(8, ['GET', 'a'], bulk('x'))
        .turn(8, ['GET', 'b'], NIL),
    ).commands;
    expect(first).toMatchObject({ name: 'GET', reply: { text: 'x' } });
    expect(second!.reply).toMatchObject({ length: -1 });
    expect(first!.replyEndUs! - first!.atUs!).toBe(50);
  });

  it('commands of one packet are pipelined, the first too', () => {
    const { commands } = derive(
      new TraceLog()
        .turn(8, ['GET', 'alone'], NIL)
        .pipeline(8, [
          [['GET', 'a'], bulk('1')],
          [['GET', 'b'], bulk('2')],
          [['GET', 'c'], NIL],
        ])
        .turn(8, ['GET', 'alone'], NIL),
    );
    expect(commands.map(({ pipelined }) => pipelined)).toEqual([false, true, true, true, false]);
    expect(commands.map(({ reply }) => reply?.text)).toEqual([undefined, '1', '2', undefined, undefined]);
  });

  it('a command that comes in pieces is one command', () => {
    const bytes = request('SET', 'key', 'v'.repeat(50));
    const log = new TraceLog()
      .read(8, bytes.slice(0, 9))
      .read(8, bytes.slice(9, 30))
      .read(8, bytes.slice(30))
      .write(8, OK);
    expect(commandsOf(log)).toEqual([`SET key ${'v'.repeat(50)}`]);
  });

  it('CLIENT REPLY SKIP hides the next reply, also when its end was not seen', () => {
    const skip = request('CLIENT', 'REPLY', 'SKIP');
    const log = new TraceLog({ shown: skip.indexOf('IP') })
      .read(8, skip)
      .read(8, request('SET', 'a', 'b'))
      .turn(8, ['GET', 'k'], NIL);
    expect(derive(log).commands.map(({ name, reply }) => [name, reply?.length])).toEqual([
      ['CLIENT', undefined],
      ['SET', undefined],
      ['GET', -1],
    ]);
  });

  it('a value larger than what the tracer shows is bridged', () => {
    const log = new TraceLog({ shown: 64 })
      .turn(8, ['SET', 'big', 'v'.repeat(5000)], OK)
      .turn(8, ['GET', 'big'], bulk('v'.repeat(5000)))
      .turn(8, ['GET', 'next'], bulk('n'));
    const { commands } = derive(log);
    expect(commands.map(({ name }) => name)).toEqual(['SET', 'GET', 'GET']);
    expect(commands[1]!.reply).toMatchObject({ length: 5000, cut: true });
    expect(commands[2]!.reply).toMatchObject({ text: 'n' });
  });

  it('replies to commands that were hidden are not given to the next command', () => {
    const many = Array.from(
      { length: 10 },
      (_, index) => [['GET', `k${index}`], bulk(`value ${index}`)] as const,
    );
    const log = new TraceLog({ shown: 40 }).pipeline(8, many).turn(8, ['GET', 'after'], bulk('mine'));
    const last = derive(log).commands.at(-1)!;
    expect(last.args[0]!.text).toBe('after');
    expect(last.reply).toMatchObject({ text: 'mine' });
  });

  it('half a reply to a hidden command does not spoil the next one', () => {
    const log = new TraceLog({ shown: 24 })
      .read(8, request('GET', 'a') + request('GET', 'b'))
      .write(8, `${bulk('x')}${bulk('y'.repeat(100)).slice(0, 30)}`)
      .write(8, bulk('y'.repeat(100)).slice(30))
      .turn(8, ['GET', 'c'], bulk('mine'));
    expect(derive(log).commands.at(-1)!.reply).toMatchObject({ text: 'mine' });
  });

  it('of a Unix socket that speaks something else are counted as not understood', () => {
    const log = new TraceLog().times(4, (each) =>
      each.read(8, '\x16\x03\x01hello').write(8, '\x16\x03\x03hello'),
    );
    const lsof = [
      'COMMAND    PID USER   FD   TYPE             DEVICE SIZE/OFF   NODE NAME',
      'server    9085 app     8u  unix 0xffff9e0a4f3c7740      0t0  15448 /run/app.sock type=STREAM',
    ].join('\n');
    const trace = derive(log, { lsof });
    expect(trace.opaque).toBe(1);
  });

  it('a name that was cut is nobody’s', () => {
    const log = new TraceLog({ shown: 32 })
      .read(8, `${request('GET', 'a')}${request('GETRANGE', 'a', '0', '9')}`)
      .write(8, NIL);
    expect(commandsOf(log).every((each) => !/^GET [^a]/.test(each))).toBe(true);
    expect(
      commandsOf(new TraceLog({ shown: 10 }).read(8, request('GETRANGE', 'a', '0', '9')).write(8, NIL)),
    ).toEqual(['(unknown)']);
  });

  it('commands whose client wants no answer leave the others their replies', () => {
    const log = new TraceLog()
      .turn(8, ['GET', 'z'], NIL)
      .read(8, request('CLIENT', 'REPLY', 'SKIP'))
      .read(8, request('SET', 'a', 'b'))
      .turn(8, ['GET', 'a'], bulk('b'));
    expect(derive(log).commands.map(({ reply }) => reply?.text)).toEqual([
      undefined,
      undefined,
      undefined,
      'b',
    ]);
  });

  it('a subscriber of RESP3 goes on with other commands', () => {
    const log = new TraceLog()
      .turn(8, ['HELLO', '3'], '%1\r\n+proto\r\n:3\r\n')
      .turn(8, ['SUBSCRIBE', 'news'], '>3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n')
      .turn(8, ['GET', 'a'], bulk('x'))
      .write(8, '>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\n')
      .write(8, 'hi\r\n')
      .turn(8, ['GET', 'b'], bulk('y'));
    const trace = derive(log);
    expect(trace.commands.map(({ reply }) => reply?.text)).toEqual([undefined, undefined, 'x', 'y']);
    expect(trace.holes).toBe(0);
  });

  it('a command typed by hand may come in pieces', () => {
    const log = new TraceLog()
      .turn(8, ['PING'], '+PONG\r\n')
      .read(8, 'GETR')
      .read(8, 'ANGE a 0 ')
      .read(8, '9\r\n')
      .write(8, bulk('x'));
    expect(commandsOf(log)).toEqual(['PING', 'GETRANGE a 0 9']);
  });

  it('attached in the middle of a reply, the next command is read', () => {
    const log = new TraceLog().write(8, '\nrest of something\r\n').turn(8, ['GET', 'a'], bulk('x'));
    expect(derive(log).commands).toMatchObject([{ name: 'GET', reply: { text: 'x' } }]);
  });

  it('attached in the middle of a command, the next one is read', () => {
    const log = new TraceLog().turn(8, ['GET', 'z'], bulk('y')).text.split('\n').slice(1).join('\n');
    const rest = new TraceLog({}).read(8, 'alf of a value\r\n').write(8, OK).turn(8, ['GET', 'a'], bulk('x'));
    expect(commandsOf(`${log}${rest.text}`)).toEqual(['GET a']);
  });

  it('inline commands count', () => {
    const log = new TraceLog()
      .turn(8, ['PING'], '+PONG\r\n')
      .read(8, 'GET key\r\n')
      .write(8, bulk('x'))
      .read(9, 'PING\r\n')
      .write(9, '+PONG\r\n');
    expect(commandsOf(log)).toEqual(['PING', 'GET key', 'PING']);
  });

  it('what streams to a monitor, a subscriber or a replica answers nothing', () => {
    const { commands } = derive(streams());
    const odd = commands.filter(({ name }) => /MONITOR|PSYNC|SUBSCRIBE/.test(name));
    expect(odd).toHaveLength(3);
    for (const command of commands.filter(({ name }) => name === 'GET')) {
      expect(command.reply).toMatchObject({ text: 'value' });
    }
  });

  it('push messages of RESP3 answer nothing', () => {
    const log = new TraceLog()
      .read(8, request('GET', 'a'))
      .write(8, '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nb\r\n')
      .write(8, bulk('x'));
    expect(derive(log).commands[0]!.reply).toMatchObject({ text: 'x' });
  });

  it('a socket that a client reads lists from is a client, though its replies look like commands', () => {
    const log = new TraceLog();
    for (let index = 0; index < 10; index++) {
      log.write(8, request('SMEMBERS', `set:${index}`)).read(8, bulks('alice', 'bob'));
    }
    const trace = derive(log);
    expect(trace.commands).toEqual([]);
    expect(trace.clientConversations[0]!.commands).toHaveLength(10);
  });

  it('a server that answers every command with a list of words is a server', () => {
    const log = new TraceLog().times(10, (each, index) =>
      each.turn(8, ['SMEMBERS', `set:${index}`], bulks('alice', 'bob')),
    );
    expect(commandsOf(log)).toHaveLength(10);
  });
});

describe('descriptors', () => {
  const aof = 'AT_FDCWD, "appendonlydir/appendonly.aof.2.incr.aof", O_WRONLY|O_CREAT|O_APPEND, 0644';

  it('a number that is closed and given again is something else', () => {
    const log = new TraceLog({ appendfsync: 'off' })
      .call('openat', 'AT_FDCWD, "/proc/self/stat", O_RDONLY', 8)
      .read(8, '9085 (redis-server) R 1')
      .call('close', '8', 0)
      .call('accept4', '6, NULL, NULL, SOCK_CLOEXEC', 8)
      .turn(8, ['GET', 'a'], bulk('x'))
      .call('close', '8', 0)
      .call('accept4', '6, NULL, NULL, SOCK_CLOEXEC', 8)
      .turn(8, ['GET', 'b'], bulk('y'));
    const trace = derive(log, { lsof: LSOF });
    expect(trace.conversations).toHaveLength(2);
    expect(trace.commands.map(({ reply }) => reply?.text)).toEqual(['x', 'y']);
  });

  it('a file that was opened by a relative path is a file, synced or not', () => {
    for (const appendfsync of ['always', 'everysec', 'no'] as const) {
      const log = new TraceLog({ appendfsync, logFd: 11 })
        .call('openat', aof, 11)
        .turn(8, ['SET', 'a', 'x'], OK)
        .turn(8, ['SET', 'b', 'x'], OK);
      const trace = derive(log);
      expect(trace.appends).toHaveLength(2);
      expect(trace.appends[0]!.channel).toMatchObject({ role: 'append-log', fd: 11 });
      expect(trace.clientConversations).toEqual([]);
    }
  });

  it('names come from lsof, or from what -y printed', () => {
    const log = new TraceLog().turn(8, ['SET', 'a', 'x'], OK);
    expect(derive(log, { lsof: LSOF }).appends[0]!.channel.name).toBe('/data/appendonly.aof');
    const withNames = log.text.replaceAll('(7', '(7</data/a.aof>');
    expect(derive(withNames).appends[0]!.channel.name).toBe('/data/a.aof');
  });

  it('the descriptors of a forked child are its own', () => {
    const trace = derive(rewriteChild());
    expect(trace.syncs.every(({ channel }) => channel.pid === 9085)).toBe(true);
    expect(trace.appends.every(({ commands }) => commands.length > 0)).toBe(true);
    expect(trace.appends).toHaveLength(50);
  });
});

describe('appends and syncs', () => {
  it('an append holds the names of its commands', () => {
    const log = new TraceLog().turns([
      [8, ['SET', 'a', 'x'], OK],
      [9, ['SADD', 's', 'm'], int(1)],
    ]);
    expect(derive(log).appends.map(({ commands }) => commands)).toEqual([['SET', 'SADD']]);
  });

  it('a sync holds every command that waits, readers too', () => {
    const log = new TraceLog().turns([
      [8, ['SET', 'a', 'x'], OK],
      [9, ['GET', 'b'], NIL],
    ]);
    const [sync] = derive(log).syncs;
    expect(sync!.held.map(({ name }) => name)).toEqual(['SET', 'GET']);
    expect(sync!.foreground).toBe(true);
  });

  it('a sync by another thread holds nobody', () => {
    const { syncs } = derive(new TraceLog({ appendfsync: 'everysec' }).turn(8, ['SET', 'a', 'x'], OK));
    expect(syncs).toMatchObject([{ foreground: false, held: [] }]);
  });

  it('a blocked BLPOP is not held by the syncs of others', () => {
    const log = new TraceLog().read(9, request('BLPOP', 'queue', '0')).turn(8, ['SET', 'a', 'x'], OK);
    expect(derive(log).syncs[0]!.held.map(({ name }) => name)).toEqual(['SET']);
  });

  it('a sync that failed or was interrupted is none', () => {
    const log = new TraceLog({ appendfsync: 'no' })
      .turn(8, ['SET', 'a', 'x'], OK)
      .call('fdatasync', '7', '-1 EIO (Input/output error)')
      .call('fdatasync', '7', '? ERESTARTSYS (To be restarted)');
    expect(derive(log).syncs).toEqual([]);
  });
});

describe('time', () => {
  it('is what the log covers, without gaps', () => {
    const log = new TraceLog().turn(8, ['GET', 'a'], NIL).wait(10_000_000).turn(8, ['GET', 'a'], NIL);
    const { seconds, startUs, endUs } = derive(log);
    expect(endUs! - startUs!).toBeGreaterThan(10e6);
    expect(seconds).toBeLessThan(0.01);
  });

  it('three dots are a gap that is told', () => {
    const log = new TraceLog()
      .turn(8, ['GET', 'a'], NIL)
      .line('...')
      .wait(500_000)
      .turn(8, ['GET', 'a'], NIL);
    const { seconds, blindSpots } = derive(log);
    expect(seconds).toBeLessThan(0.01);
    expect(blindSpots).toEqual(['Lines were left out of the log; times across the gaps are not used.']);
  });

  it('a long wait inside a call is no gap', () => {
    const log = new TraceLog().turn(8, ['GET', 'a'], NIL).call('epoll_wait', '5, [], 10128, 9000', 0, 9e6);
    expect(derive(log).seconds).toBeGreaterThan(9);
  });

  it('is absent where the log has none', () => {
    const { seconds, startUs } = derive('read(8, "x", 1) = 1\nwrite(8, "y", 1) = 1\n');
    expect([seconds, startUs]).toEqual([undefined, undefined]);
  });
});

describe('what cannot be seen', () => {
  it('is told: io_uring', () => {
    expect(derive(new TraceLog().call('io_uring_enter', '9, 1, 0, 0, NULL, 8', 1)).blindSpots[0]).toContain(
      'io_uring',
    );
  });

  it('is told: encrypted connections', () => {
    const log = new TraceLog().call('accept4', '6, NULL, NULL, 0', 12);
    log.times(4, (each) => each.read(12, '\x17\x03\x03abc').write(12, '\x17\x03\x03abc'));
    const trace = derive(log);
    expect(trace.opaque).toBe(1);
    expect(trace.blindSpots[0]).toContain('1 connection carried bytes that are neither RESP nor HTTP');
  });

  it('is told: commands beyond what the tracer shows', () => {
    const many = Array.from({ length: 20 }, (_, index) => [['GET', `key:${index}`], NIL] as const);
    expect(derive(new TraceLog({ shown: 32 }).pipeline(8, many)).blindSpots[0]).toMatch(
      /^\d+ bytes of long messages/,
    );
  });

  it('is nothing in a whole log', () => {
    expect(derive(new TraceLog().turn(8, ['GET', 'a'], NIL)).blindSpots).toEqual([]);
  });
});

describe('which process', () => {
  it.each([
    ['the one that was asked for', { target: { pid: APP_PID } }, APP_PID],
    ['the one that was attached to', { target: {} }, 9085],
  ])('%s', (_, surroundings, pid) => {
    const log = `strace: Process 9085 attached with 4 threads\n${new TraceLog().turn(8, ['GET', 'a'], NIL).text}`;
    expect(derive(log, surroundings).target).toBe(pid);
  });

  it('the listed one that is in the log, else the busiest thread', () => {
    const log = new TraceLog({ pid: 77 }).times(9, (each) => each.turn(8, ['GET', 'a'], NIL)).text;
    const both = `${log}${new TraceLog().turn(8, ['GET', 'b'], NIL).text}`;
    expect(derive(both, { target: {} }).target).toBe(77);
    expect(derive(both, { target: {}, lsof: LSOF }).target).toBe(9085);
  });

  it('a thread that is cloned belongs to its process, a fork does not', () => {
    const log = new TraceLog()
      .call('clone3', '{flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[9100]}, 88', 9100)
      .call('clone', 'child_stack=NULL, flags=SIGCHLD', 9200)
      .turn(8, ['GET', 'a'], NIL);
    const { pidOf } = derive(log);
    expect([pidOf(9100), pidOf(9200), pidOf(9085), pidOf(undefined)]).toEqual([9085, 9200, 9085, 9085]);
  });
});

describe('HTTP requests of a traced client', () => {
  it('have the commands that were sent meanwhile', () => {
    const { http } = derive(pageWithCounter().text, { target: { pid: 9085 } });
    expect(http).toHaveLength(40);
    expect(http[0]).toMatchObject({ method: 'GET', path: '/article/0', answered: true });
    expect(http[0]!.commands.map(({ name }) => name)).toEqual(['GET', 'INCR', 'EXPIRE']);
  });

  it('that overlap on one thread are marked, and own nothing that is not theirs', () => {
    const log = new AppLog()
      .read(12, 'GET /a HTTP/1.1\r\n\r\n')
      .read(13, 'GET /b HTTP/1.1\r\n\r\n')
      .ask(['GET', 'x'], NIL)
      .write(12, 'HTTP/1.1 200 OK\r\n\r\n')
      .ask(['GET', 'y'], NIL)
      .write(13, 'HTTP/1.1 200 OK\r\n\r\n');
    const { http } = derive(log.text, { target: { pid: 9085 } });
    expect(
      http.map(({ path, overlapped, commands }) => [
        path,
        overlapped,
        commands.map(({ args }) => args[0]!.text),
      ]),
    ).toEqual([
      ['/a', true, []],
      ['/b', true, ['y']],
    ]);
  });

  it('that are still open have no end', () => {
    const log = new AppLog().read(12, 'GET /slow HTTP/1.1\r\n\r\n').ask(['GET', 'x'], NIL);
    expect(derive(log.text).http).toMatchObject([{ path: '/slow', answered: false }]);
    expect(derive(log.text).http[0]).not.toHaveProperty('endUs');
  });
});
