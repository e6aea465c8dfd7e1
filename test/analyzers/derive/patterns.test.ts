import { describe, expect, it } from 'vitest';
import { classOf, isBlocking, isWrite, keyOf } from '../../../src/analyzers/derive/command-table.ts';
import { isHit, patternsOf } from '../../../src/analyzers/derive/patterns.ts';
import { bulk, bulks, factsOf, int, NIL, TraceLog } from '../../support/trace-log.ts';

const patterns = (log: TraceLog) => patternsOf(factsOf(log).trace!)[0]!;
const off = { appendfsync: 'off' } as const;

describe('a write that carries what was read', () => {
  const derivedFrom = (read: [string[], string], write: string[], options = {}) =>
    patterns(new TraceLog({ ...off, ...options }).turn(8, ...read).turn(8, write, int(1))).derived;

  it.each([
    ['its key is the value', ['SADD', 'good', 'other'], { keyFromValue: true, memberFromKey: false }],
    [
      'its member is the end of the key',
      ['SADD', 'set', '53522908'],
      { keyFromValue: false, memberFromKey: true },
    ],
    ['both', ['SADD', 'good', '53522908'], { keyFromValue: true, memberFromKey: true }],
    ['the value is copied', ['SET', 'copy:1', 'good'], { valueCopied: true }],
  ])('%s', (_, write, expected) => {
    expect(derivedFrom([['GET', 'uuid:53522908'], bulk('good')], write)).toMatchObject([expected]);
  });

  it.each([
    ['the key was not found', [['GET', 'uuid:53522908'], NIL], ['SADD', 'set', '53522908']],
    ['the key is written back', [['GET', 'uuid:53522908'], bulk('good')], ['SET', 'uuid:53522908', 'good']],
    ['texts too short to be more than chance', [['GET', 'n:1'], bulk('1')], ['SADD', 's', '1']],
    ['nothing is alike', [['GET', 'uuid:53522908'], bulk('good')], ['SADD', 'visits', 'today']],
    ['the read failed', [['GET', 'uuid:53522908'], '-ERR no\r\n'], ['SADD', 'set', '53522908']],
    ['an empty value', [['GET', 'uuid:53522908'], bulk('')], ['SADD', 'set', '53522908']],
  ] as [string, [string[], string], string[]][])('not: %s', (_, read, write) => {
    expect(derivedFrom(read, write)).toEqual([]);
  });

  it('lengths decide where texts were cut', () => {
    const id = '53522908-06ac-11e9-92c7-0242ac110002';
    const cut = { shown: 32 };
    expect(derivedFrom([['GET', `uuid:${id}`], bulk('good')], ['SADD', 'good', id], cut)).toHaveLength(1);
    expect(derivedFrom([['GET', `uuid:${id}`], bulk('bad')], ['SADD', 'seen', `${id}x`], cut)).toEqual([]);
  });

  it('is looked for a few commands back, on the same connection', () => {
    const log = new TraceLog(off)
      .turn(8, ['GET', 'uuid:53522908'], bulk('good'))
      .times(9, (each) => each.turn(8, ['PING'], '+PONG\r\n'))
      .turn(8, ['SADD', 'good', '53522908'], int(1));
    expect(patterns(log).derived).toEqual([]);
  });
});

describe('a scratch pad', () => {
  const use = (write: string) =>
    new TraceLog(off)
      .times(6, (log, index) =>
        log
          .turn(8, ['GET', `uuid:5352290${index}`], bulk('good'))
          .turn(8, ['SADD', 'good', `${write}${index}`], int(1)),
      )
      .turn(8, ['SMEMBERS', 'good'], bulks('a', 'b'))
      .turn(8, ['DEL', 'good'], int(1));

  it('is filled with what was read, read back and deleted', () => {
    expect(patterns(use('5352290')).scratch).toMatchObject([
      { key: 'good', readBack: { name: 'SMEMBERS' }, deleted: { name: 'DEL' } },
    ]);
  });

  it('is none when it is not read back', () => {
    const log = new TraceLog(off)
      .turn(8, ['GET', 'uuid:53522908'], bulk('good'))
      .turn(8, ['SADD', 'good', '53522908'], int(1))
      .turn(8, ['DEL', 'good'], int(1));
    expect(patterns(log).scratch).toEqual([]);
  });

  it('is none when nothing of it had been read', () => {
    const log = new TraceLog(off)
      .times(6, (each, index) => each.turn(8, ['RPUSH', 'buffer', `measure ${index}`], int(index)))
      .turn(8, ['LRANGE', 'buffer', '0', '-1'], bulks('a', 'b'))
      .turn(8, ['DEL', 'buffer'], int(1));
    expect(patterns(log).scratch).toEqual([]);
  });
});

describe('replies', () => {
  it.each([
    [undefined, false],
    [{ type: '$', length: -1 }, false],
    [{ type: '_' }, false],
    [{ type: '-', text: 'ERR' }, false],
    [{ type: '*', length: 0, items: [] }, false],
    [{ type: '$', length: 1, text: 'x' }, true],
    [{ type: ':', text: '0' }, true],
  ])('%j brought something: %s', (reply, hit) => {
    expect(isHit(reply)).toBe(hit);
  });
});

describe('commands', () => {
  it.each([
    ['GET', 'read-one'],
    ['MGET', 'read-many'],
    ['HSCAN', 'scan'],
    ['SADD', 'write'],
    ['BRPOPLPUSH', 'pop'],
    ['PING', 'other'],
    ['get', 'other'],
    ['constructor', 'other'],
  ])('%s is %s', (name, kind) => {
    expect(classOf(name)).toBe(kind);
    expect(isWrite(name)).toBe(kind === 'write' || kind === 'pop');
  });

  it('their keys', () => {
    const args = [bulk('a'), bulk('b')].map((text) => ({ type: '$', text }));
    expect(keyOf('GET', args)).toBe(args[0]);
    expect(keyOf('OBJECT', args)).toBe(args[1]);
    for (const name of ['SCAN', 'KEYS', 'FLUSHALL', 'PING']) expect(keyOf(name, args)).toBeUndefined();
  });

  it('those that wait for others', () => {
    expect([isBlocking('BLPOP'), isBlocking('GET')]).toEqual([true, false]);
  });
});
