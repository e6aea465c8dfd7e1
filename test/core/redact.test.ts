import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SyscallObservation } from '../../src/core/observation.ts';
import {
  describePayload,
  keyPrefix,
  publicPath,
  redactCall,
  redactObservation,
  redactQuoted,
  withoutSecrets,
} from '../../src/core/redact.ts';
import { parseStrace } from '../../src/probes/strace.ts';
import { bulk, bulks, request } from '../support/trace-log.ts';

describe('keyPrefix', () => {
  it.each([
    ['uuid:53522908-06ac', undefined, 'uuid:…'],
    ['good', undefined, 'good'],
    ['secretkey', undefined, 'secr…'],
    ['a/b', undefined, 'a/…'],
    ['{tag}x', undefined, '{tag…'],
    ['uuid:5', 41, 'uuid:…'],
    ['\x01\x02ab\x7f', undefined, '??ab…'],
    ['', 0, ''],
  ])('%j of %s is %s', (key, length, shown) => {
    expect(keyPrefix(key, length ?? key.length)).toBe(shown);
  });

  it('never shows more than a short beginning, in printable characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const shown = keyPrefix(key);
        expect(shown.length).toBeLessThanOrEqual(26);
        expect(shown).toMatch(/^[\x20-\x7e]*…?$/);
      }),
    );
  });
});

describe('describePayload', () => {
  it.each([
    [request('GET', 'uuid:1234567890'), 'command', 'GET uuid:…'],
    [request('SADD', 'good', '53522908-06ac'), 'command', 'SADD good <13 B>'],
    [request('MSET', 'a:1', 'v', 'b:1', 'w', 'c:1', 'x'), 'command', 'MSET a:… <1 B> <3 B> <1 B> …'],
    [request('AUTH', 'app', 'hunter2'), 'command', 'AUTH <3 B> <7 B>'],
    [request('CONFIG', 'SET', 'requirepass', 'x'), 'command', 'CONFIG <3 B> <11 B> <1 B>'],
    [request('MYMODULE.DO', 'key:1'), 'command', 'MYMODULE.DO key:…'],
    [request('GET', 'uuid:1234567890'), 'unknown', 'GET <15 B>'],
    [bulks('alice', 'secret'), 'unknown', '<array of 2>'],
    [bulks('alice', 'secret'), 'reply', '<array of 2>'],
    [bulks('get', 'secret'), 'reply', '<array of 2>'],
    [bulk('good'), 'reply', '<bulk of 4 B>'],
    ['$-1\r\n', 'reply', '$-1'],
    ['+OK\r\n', 'reply', '+OK'],
    ['+secret\r\n', 'reply', '<9 B>'],
    [':42\r\n', 'reply', '<integer>'],
    ['-WRONGTYPE Operation against a key\r\n', 'reply', '-WRONGTYPE …'],
    ['%2\r\n+a\r\n:1\r\n', 'reply', '<map of 2>'],
    ['GET /get_cache?token=x HTTP/1.1\r\nCookie: y\r\n\r\n', 'unknown', 'GET /get_cache HTTP/1.1'],
    ['GET /users/4711/mail HTTP/1.1\r\n', 'unknown', 'GET /users/:id/mail HTTP/1.1'],
    ['HTTP/1.1 200 OK\r\nSet-Cookie: z\r\n', 'unknown', 'HTTP/1.1 200'],
    ['\x17\x03\x03', 'unknown', '<3 B>'],
  ] as const)('%j as %s is %s', (payload, content, shown) => {
    expect(describePayload(payload, payload.length, content)).toBe(shown);
  });

  it('of any bytes shows no run of them that is longer than a prefix', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{30}$/),
        fc.constantFrom('command', 'reply', 'unknown'),
        (word, content) => {
          for (const payload of [
            bulk(word),
            bulks(word, word),
            request('SET', word, word),
            `+${word}\r\n`,
            word,
          ]) {
            if (content === 'command' && payload === bulks(word, word)) continue;
            expect(describePayload(payload, payload.length, content).toLowerCase()).not.toContain(
              word.slice(0, 5),
            );
          }
        },
      ),
    );
  });
});

describe('publicPath', () => {
  it.each([
    ['/get_cache/good?token=x', '/get_cache/good'],
    ['/getCacheByType', '/getCacheByType'],
    ['/v2/items', '/v2/items'],
    ['/init/5000', '/init/:id'],
    ['/u/5b2e76cc-06ac-11e9', '/u/:id'],
    ['/u/deadbeef', '/u/:id'],
    ['/reset/xKjQpLmZrT', '/reset/:id'],
    ['/reset/a1b2c3d4', '/reset/:id'],
    ['/mail/alice@example.com', '/mail/:id'],
    ['/a%20b', '/:id'],
    ['/x#frag', '/x'],
    ['/', '/'],
  ])('%s is %s', (path, shown) => {
    expect(publicPath(path)).toBe(shown);
  });
});

describe('command lines', () => {
  it.each([
    ['redis-server --requirepass hunter2 --port 1', 'redis-server --requirepass … --port 1'],
    ['redis-cli -a hunter2 ping', 'redis-cli -a … ping'],
    ['mysqld --password=hunter2', 'mysqld --password=…'],
    ['app API_TOKEN=abc run', 'app API_TOKEN=… run'],
    ['app redis://u:p@host/0', 'app redis://…@host/0'],
    ['redis-server *:6379', 'redis-server *:6379'],
    ['12:49:36 0 9085 0.00 636.00 redis-server', '12:49:36 0 9085 0.00 636.00 redis-server'],
  ])('%s', (line, shown) => {
    expect(withoutSecrets(line)).toBe(shown);
  });
});

describe('system calls', () => {
  const call = (line: string) => parseStrace(line).items[0] as SyscallObservation;
  it('are printed with their data described', () => {
    const item = call(
      '[pid  9085] 14:20:16.826301 read(8, "*2\\r\\n$3\\r\\nGET\\r\\n$6\\r\\nuuid:1\\r\\n", 16384) = 25 <0.000071>',
    );
    expect(redactCall(item, 'command')).toBe(
      '[pid 9085] 14:20:16.826301 read(8, GET uuid:…) = 25 <0.000071>',
    );
    expect(redactObservation(item)).toMatchObject({ payload: 'GET <6 B>', args: '8, GET <6 B>' });
  });

  it('that failed show no buffer', () => {
    expect(redactCall(call('write(8, "secret", 6) = -1 EPIPE (Broken pipe)'))).toBe(
      'write(8, "…", 6) = -1 EPIPE',
    );
  });

  it('keep the path of a file', () => {
    expect(redactCall(call('openat(AT_FDCWD, "/data/a.aof", O_RDONLY) = 3'))).toContain('"/data/a.aof"');
  });

  it('lines that were not read lose what they quote, also when they begin inside it', () => {
    expect(redactQuoted('write(8, "secret')).toBe('write(8, "…"');
    expect(redactQuoted('secret"..., 16384) = 5')).toBe('"…"');
    expect(redactQuoted('read(8, "a\\"b", 3')).toBe('read(8, "…", 3');
  });
});
