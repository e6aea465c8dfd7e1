import { describe, expect, it } from 'vitest';
import { byHand } from '../../src/verify/by-hand.ts';
import { describeChange, planOfCommands, planOfFix } from '../../src/verify/plan.ts';
import { shellLine, wordsOf } from '../../src/verify/words.ts';

describe('words of a command line', () => {
  it.each([
    ['', []],
    ['  a  b ', ['a', 'b']],
    ['CONFIG SET save ""', ['CONFIG', 'SET', 'save', '']],
    [`touch 'a b' "c \\" d" e\\ f g"h"i`, ['touch', 'a b', 'c " d', 'e f', 'ghi']],
    ['echo $HOME; rm *', ['echo', '$HOME;', 'rm', '*']],
  ])('%s', (line, words) => {
    expect(wordsOf(line)).toEqual(words);
    expect(wordsOf(shellLine(words))).toEqual(words);
  });

  it.each(['a "b', "it's", 'a\\'])('%s is left open', (line) => {
    expect(() => wordsOf(line)).toThrow(/left open/);
  });
});

describe('the change that a fix is', () => {
  it('is a setting that can be put back', () => {
    const change = planOfFix('fsync-per-write', 'CONFIG SET appendfsync everysec');
    expect(change).toEqual({ kind: 'config', settings: [{ directive: 'appendfsync', value: 'everysec' }] });
    expect(describeChange(change)).toBe('CONFIG SET appendfsync everysec');
    expect(planOfFix('x', 'config set APPENDFSYNC no hz 100')).toMatchObject({
      settings: [{ directive: 'appendfsync' }, { directive: 'hz', value: '100' }],
    });
  });

  it.each([
    [undefined, /is a change of the application/],
    ['CONFIG SET save ""', /lost in a crash/],
    ['CONFIG SET appendonly no', /gives up the file/],
    ['CONFIG SET appendfsync no maxmemory 1mb', /do not come back/],
    ['CONFIG SET requirepass x', /not among the settings/],
    ['CONFIG SET appendfsync', /no setting/],
    ['CONFIG REWRITE', /no setting/],
    ['FLUSHALL', /no setting/],
    ['CLIENT KILL ID id', /no setting/],
    ['SCAN cursor COUNT 1000', /no setting/],
  ])('%s is refused', (command, why) => {
    expect(() => planOfFix('some-finding', command)).toThrow(why);
    expect(() => planOfFix('some-finding', command)).toThrow(/Nothing was changed\.$/);
  });
});

describe('commands of the user', () => {
  it('are argument vectors, each with its opposite', () => {
    const change = planOfCommands(["tc qdisc add 'x y'", 'a'], ['tc qdisc del', 'b']);
    expect(change).toEqual({
      kind: 'commands',
      steps: [
        { apply: ['tc', 'qdisc', 'add', 'x y'], revert: ['tc', 'qdisc', 'del'] },
        { apply: ['a'], revert: ['b'] },
      ],
    });
    expect(describeChange(change)).toBe("tc qdisc add 'x y'; a");
    const target = { pid: 1, comm: 'redis-server' };
    expect(byHand({ change, target }, {})).toEqual(['b', 'tc qdisc del']);
  });

  it.each([
    [['a'], [], /each --apply needs its --revert/],
    [['a'], [' '], /take a command each/],
    [['redis-cli -p 1 FLUSHALL'], ['true'], /cannot be undone/],
    [['/usr/bin/redis-cli shutdown nosave'], ['true'], /cannot be undone/],
    [['true'], ['redis-cli CONFIG REWRITE'], /cannot be undone/],
    [['valkey-cli replicaof a 1'], ['valkey-cli replicaof no one'], /cannot be undone/],
    [['redis-cli CONFIG SET save x'], ['redis-cli CONFIG SET save y'], /lost in a crash/],
    [['redis-cli -a secret CONFIG SET hz 100'], ['true'], /REDISCLI_AUTH/],
    [['redis-cli -u redis://:secret@h CONFIG SET hz 100'], ['true'], /REDISCLI_AUTH/],
  ])('%j with %j is refused', (apply, revert, why) => {
    expect(() => planOfCommands(apply, revert)).toThrow(why);
  });
});

it('what a person types by hand names where the server is, and no password', () => {
  const change = planOfFix('x', 'CONFIG SET appendfsync everysec');
  const target = { pid: 42, comm: 'redis-server' };
  const server = { host: '127.0.0.1', port: 6379, user: 'admin', password: 'secret' };
  expect(byHand({ change, server, target, elsewhere: true }, { appendfsync: 'always' })).toEqual([
    'nsenter -t 42 -n redis-cli -h 127.0.0.1 -p 6379 --user admin CONFIG SET appendfsync always',
  ]);
});
