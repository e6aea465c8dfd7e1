import fc from 'fast-check';

/** One request, and how its replies may differ although both are right. */
export interface Step {
  readonly args: readonly string[];
  /** Elements come in any order. */
  readonly unordered?: boolean;
  /** What of the reply is compared, where it cannot be all; see compare.ts. */
  readonly compare?: 'kind' | 'walk' | 'latency' | 'histogram' | 'slowlog';
}

export const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const member = fc.constantFrom('', 'x', 'y', 'z', '1', '2', '-3', 'a\r\nb', '\xff\0');
const value = fc.oneof(
  member,
  fc.constantFrom('10', '9223372036854775807', '3.5', 'hello world', '1x', ' 1', '1 '),
);
const number = fc.constantFrom(
  '0',
  '1',
  '-1',
  '5',
  '-5',
  '100',
  '9223372036854775807',
  '-9223372036854775808',
  'x',
  '1.5',
  '',
  '007',
);
const float = fc.constantFrom('0.1', '-2.5', '1e3', '3', 'inf', 'nan', 'x', '1e-5', '0.30');
const span = fc.constantFrom('1000', '5000', '0', '-1', 'x', '9223372036854775807', '100000000');
const moment = fc.constantFrom('4102444800', '4102444801', '1', '0', '-5');
export const option = (...words: string[]) => fc.constantFrom(...words);

/** A request out of fixed words and drawn ones. */
export function request(
  ...parts: (string | fc.Arbitrary<string> | fc.Arbitrary<readonly string[]>)[]
): fc.Arbitrary<string[]> {
  const arbitraries = parts.map((part) =>
    typeof part === 'string' ? fc.constant(part) : (part as fc.Arbitrary<unknown>),
  );
  return fc.tuple(...arbitraries).map((values) => values.flat() as string[]);
}
const some = (item: fc.Arbitrary<string>, max = 4) => fc.array(item, { minLength: 1, maxLength: max });
const maybe = (item: fc.Arbitrary<string>) => fc.array(item, { maxLength: 2 });

const setOptions = fc
  .array(
    fc.oneof(
      option('NX', 'xx', 'GET', 'KEEPTTL', 'bogus').map((word) => [word]),
      fc.tuple(option('EX', 'px'), span),
      fc.tuple(option('EXAT'), moment),
    ),
    { maxLength: 2 },
  )
  .map((lists) => lists.flat());

export const STRING_REQUESTS = [
  request('SET', key, value),
  request('SET', key, value, setOptions),
  request(option('get', 'GETDEL', 'STRLEN'), key),
  request(option('GETSET', 'SETNX', 'APPEND'), key, value),
  request(
    'GETEX',
    key,
    fc.oneof(fc.constant([]), fc.constant(['PERSIST']), fc.tuple(option('EX', 'PX'), span)),
  ),
  request(option('SETEX', 'PSETEX'), key, span, value),
  request(option('INCR', 'DECR'), key),
  request(option('INCRBY', 'DECRBY'), key, number),
  request('INCRBYFLOAT', key, float),
  request(option('GETRANGE', 'SUBSTR'), key, number, number),
  request('SETRANGE', key, option('0', '1', '5', '-1', 'x'), value),
  request('MGET', some(key)),
  request(option('MSET', 'MSETNX'), some(value, 5)),
];

export const SET_REQUESTS = [
  request(option('SADD', 'SREM', 'SMISMEMBER'), key, some(member)),
  request('SISMEMBER', key, member),
  request('SCARD', key),
  request('SMOVE', key, key, member),
  request(option('SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE'), key, some(key)),
  request(
    'SINTERCARD',
    option('1', '2', '0', 'x'),
    some(key, 2),
    fc.oneof(fc.constant([]), fc.tuple(option('LIMIT'), number)),
  ),
];

export const SET_UNORDERED = [
  request('SPOP', key, option('1000', '0', '-1', 'x')),
  request('SMEMBERS', key),
  request(option('SINTER', 'SUNION', 'SDIFF'), some(key)),
  request('SRANDMEMBER', key, option('1000', '0')),
  request(
    'SSCAN',
    key,
    option('0', 'x'),
    fc.oneof(
      fc.constant(['COUNT', '1000']),
      fc.constant(['COUNT', '0']),
      fc.constant(['MATCH', '*x*', 'count', '999']),
    ),
  ),
  request('KEYS', option('*', 'a', '[a-c]', '?', '[^a]')),
  request(
    'SCAN',
    '0',
    'COUNT',
    '1000',
    fc.oneof(
      fc.constant([]),
      fc.tuple(option('MATCH'), option('[ab]', '*')),
      fc.tuple(option('TYPE'), option('set', 'string', 'hash', 'zzz')),
      fc.constant(['bogus', '1']),
      fc.constant(['MATCH']),
    ),
  ),
];

export const KEY_REQUESTS = [
  request(option('DEL', 'UNLINK', 'EXISTS', 'TOUCH'), some(key)),
  request(option('TYPE', 'TTL', 'PERSIST', 'EXPIRETIME'), key),
  request(option('EXPIRE', 'PEXPIRE'), key, span, maybe(option('NX', 'XX', 'GT', 'LT', 'no'))),
  request(option('EXPIREAT'), key, moment, maybe(option('NX', 'XX', 'GT', 'LT'))),
  request('DBSIZE'),
  request('SELECT', option('0', '1', '15', '16', '-1', 'x')),
  request(
    option('FLUSHDB', 'FLUSHALL'),
    fc.oneof(fc.constant([]), fc.constant(['ASYNC']), fc.constant(['bogus'])),
  ),
];

export const OTHER_REQUESTS = [
  request('PING', fc.array(value, { maxLength: 2 })),
  request('ECHO', value),
  request(option('GET', 'SET', 'SADD', 'nosuch', 'CONFIG', 'CLIENT', 'DEL')),
  request(option('nosuch', 'GET'), some(value, 6)),
  request('CONFIG', option('GET', 'bogus', 'SET'), option('appendfsync', 'nosuch', 'hz')),
  request(
    'CONFIG',
    'SET',
    option('appendfsync', 'hz', 'nosuch', 'databases', 'maxclients'),
    option('always', 'maybe', 'x', ''),
  ),
  request('CLIENT', option('GETNAME', 'bogus')),
  request('CLIENT', 'SETNAME', option('abc', 'a b', '')),
  // Whole commands only: the error for a command without its keys differs between Redis 7 and 8.
  request('COMMAND', 'GETKEYS', option('GET', 'INCR', 'TYPE'), key),
  request('COMMAND', 'GETKEYS', option('MSET', 'SMOVE'), key, key, key, value),
];

export const HASH_REQUESTS = [
  request(option('HSET', 'HMSET'), key, some(member, 4)),
  request('HSETNX', key, member, value),
  request(option('HGET', 'HEXISTS', 'HSTRLEN'), key, member),
  request(option('HMGET', 'HDEL'), key, some(member)),
  request('HLEN', key),
  request('HINCRBY', key, member, number),
  request('HINCRBYFLOAT', key, member, float),
];

export const HASH_UNORDERED = [
  request(option('HGETALL', 'HKEYS', 'HVALS'), key),
  request('HRANDFIELD', key, option('1000', '0', 'x'), maybe(option('WITHVALUES'))),
  request('HSCAN', key, '0', option('COUNT'), option('1000')),
];

export const LIST_REQUESTS = [
  request(option('LPUSH', 'RPUSH', 'LPUSHX', 'RPUSHX'), key, some(member)),
  request(option('LPOP', 'RPOP'), key, fc.array(number, { maxLength: 2 })),
  request('LLEN', key),
  request('LINDEX', key, number),
  request('LSET', key, number, member),
  request(option('LRANGE', 'LTRIM'), key, number, number),
  request('LINSERT', key, option('BEFORE', 'after', 'x'), member, member),
  request('LREM', key, number, member),
  request(option('LMOVE'), key, key, option('LEFT', 'right', 'up'), option('left', 'RIGHT')),
  request('RPOPLPUSH', key, key),
  request(
    'LMPOP',
    option('1', '2', '0', 'x'),
    some(key, 2),
    option('LEFT', 'RIGHT', 'x'),
    fc.oneof(fc.constant([]), fc.tuple(option('COUNT'), number)),
  ),
  request(
    'LPOS',
    key,
    member,
    fc
      .array(fc.tuple(option('RANK', 'COUNT', 'MAXLEN', 'x'), number), { maxLength: 2 })
      .map((list) => list.flat()),
  ),
  // They find something or end at once, for a transaction does not wait.
  request('MULTI'),
  request(option('BLPOP', 'BRPOP'), key, option('LEFT', '0.01', '-1', 'x')),
  request('EXEC'),
];

const score = fc.constantFrom(
  '0',
  '1',
  '2',
  '-1.5',
  '0.1',
  '3e5',
  '1e21',
  'inf',
  '-inf',
  'nan',
  'x',
  '1e-7',
  '123456789012345678',
);
const scoreLimit = fc.constantFrom('-inf', '+inf', '0', '(0', '1', '(1', '2', 'x', '(');
const lexLimit = fc.constantFrom('-', '+', '[', '(', '[x', '(x', '[y', 'x');
const limit = fc.oneof(
  fc.constant([]),
  fc.constant([]),
  fc.tuple(option('LIMIT'), option('0', '1', '-1'), option('1', '2', '-1', 'x')),
);
const withScores = fc.array(option('WITHSCORES'), { maxLength: 1 });
const pairs = fc.array(fc.tuple(score, member), { minLength: 1, maxLength: 4 }).map((list) => list.flat());
const weights = fc.oneof(
  fc.constant([]),
  fc.tuple(option('WEIGHTS'), score, score),
  fc.tuple(option('AGGREGATE'), option('SUM', 'min', 'MAX', 'x')),
);

export const SORTED_SET_REQUESTS = [
  request('ZADD', key, maybe(option('NX', 'xx', 'GT', 'LT', 'CH', 'INCR')), pairs),
  request('ZADD', key, pairs),
  request('ZINCRBY', key, score, member),
  request(option('ZREM', 'ZMSCORE'), key, some(member)),
  request('ZCARD', key),
  request(option('ZSCORE', 'ZRANK', 'ZREVRANK'), key, member),
  request(option('ZRANGE', 'ZREVRANGE'), key, number, number, withScores),
  request('ZRANGE', key, scoreLimit, scoreLimit, option('BYSCORE'), maybe(option('REV')), limit, withScores),
  request('ZRANGE', key, lexLimit, lexLimit, option('BYLEX'), maybe(option('REV')), limit, withScores),
  request('ZRANGESTORE', key, key, scoreLimit, scoreLimit, maybe(option('BYSCORE', 'REV', 'BYLEX')), limit),
  request(option('ZRANGEBYSCORE', 'ZREVRANGEBYSCORE'), key, scoreLimit, scoreLimit, limit, withScores),
  request(option('ZRANGEBYLEX', 'ZREVRANGEBYLEX'), key, lexLimit, lexLimit, limit),
  request(option('ZCOUNT', 'ZREMRANGEBYSCORE'), key, scoreLimit, scoreLimit),
  request(option('ZLEXCOUNT', 'ZREMRANGEBYLEX'), key, lexLimit, lexLimit),
  request('ZREMRANGEBYRANK', key, number, number),
  request(option('ZPOPMIN', 'ZPOPMAX'), key, fc.array(number, { maxLength: 2 })),
  request(
    'ZMPOP',
    option('1', '2', '0', 'x'),
    some(key, 2),
    option('MIN', 'max', 'x'),
    fc.oneof(fc.constant([]), fc.tuple(option('COUNT'), number)),
  ),
  request(option('ZUNION', 'ZINTER'), '2', key, key, weights, withScores),
  request(option('ZUNIONSTORE', 'ZINTERSTORE'), key, option('2', '2', '0', 'x', '3'), key, key, weights),
  request('ZDIFF', '2', key, key, withScores),
  request('ZDIFFSTORE', key, '2', key, key),
  request('ZINTERCARD', '2', key, key, fc.oneof(fc.constant([]), fc.tuple(option('LIMIT'), number))),
];

export const SORTED_SET_UNORDERED = [
  request('ZSCAN', key, '0', 'COUNT', '1000'),
  request('ZRANDMEMBER', key, option('1000', '0', 'x'), withScores),
];

export const RENAME_REQUESTS = [
  request(option('RENAME', 'RENAMENX'), key, key),
  request('COPY', key, key, fc.array(option('REPLACE', 'DB', '1', '99'), { maxLength: 3 })),
  request('MOVE', key, option('0', '1', '2', '99', 'x')),
  request('SWAPDB', option('0', '1', 'x'), option('0', '1', '99', 'y')),
];

const bitType = fc.constantFrom('i8', 'u8', 'u1', 'i5', 'i64', 'u63', 'u64', 'i0', 'x');
const bitOffset = fc.constantFrom('0', '1', '7', '13', '#2', '100', '-1', 'x');
const bitRange = fc
  .array(number, { maxLength: 2 })
  .chain((range) => fc.constantFrom(range, [...range, 'BIT'], [...range, 'byte'], [...range, 'x']));

export const BIT_REQUESTS = [
  request('SETBIT', key, bitOffset, option('0', '1', '1', '2')),
  request('GETBIT', key, bitOffset),
  request('BITCOUNT', key, bitRange),
  request('BITPOS', key, option('0', '1', '2'), bitRange),
  request('BITOP', option('AND', 'or', 'XOR', 'NOT', 'x'), key, some(key)),
  request(
    'BITFIELD',
    key,
    fc
      .array(
        fc.oneof(
          fc.tuple(option('GET'), bitType, bitOffset),
          fc.tuple(option('SET', 'incrby'), bitType, bitOffset, number),
          fc.tuple(option('OVERFLOW'), option('WRAP', 'sat', 'FAIL', 'x')),
        ),
        { maxLength: 4 },
      )
      .map((list) => list.flat()),
  ),
  request(
    'BITFIELD_RO',
    key,
    fc.oneof(
      fc.tuple(option('GET'), bitType, bitOffset),
      fc.tuple(option('SET'), bitType, bitOffset, number),
    ),
  ),
];

export const OTHER_STRING_REQUESTS = [
  request('LCS', key, key, maybe(option('LEN', 'IDX', 'WITHMATCHLEN', 'x'))),
  request('LCS', key, key, 'IDX', 'MINMATCHLEN', number, maybe(option('WITHMATCHLEN'))),
];

export const SORT_REQUESTS = [
  request(
    option('SORT', 'SORT', 'SORT_RO'),
    key,
    fc
      .array(
        fc.oneof(
          fc.tuple(option('GET'), option('*', '#', '*->y', 'none')),
          fc.tuple(option('LIMIT'), option('0', '1', '-1', 'x'), option('2', '-1', '0')),
          fc.tuple(option('STORE'), key),
          fc.tuple(option('ASC', 'desc', 'x')),
        ),
        { maxLength: 3 },
      )
      .map((list) => ['ALPHA', ...list.flat()]),
  ),
  request('SORT', key, maybe(option('DESC', 'ASC'))),
];

// Elements of the same weight come in any order.
export const SORT_UNORDERED = [
  request(
    option('SORT', 'SORT_RO'),
    key,
    'ALPHA',
    'BY',
    option('*', 'a*', '*->x', 'nosort', '#'),
    fc.oneof(fc.constant([]), fc.tuple(option('GET'), option('*', '#', '*->y', 'none'))),
  ),
];

export const TRANSACTION_REQUESTS = [
  request(option('MULTI', 'MULTI', 'EXEC', 'EXEC', 'EXEC', 'DISCARD', 'UNWATCH')),
  request('WATCH', some(key)),
];

export function steps(requests: readonly fc.Arbitrary<string[]>[], unordered = false): fc.Arbitrary<Step> {
  return fc.oneof(...requests).map((args) => ({ args, unordered }));
}

export const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: steps(STRING_REQUESTS) },
  { weight: 6, arbitrary: steps(SET_REQUESTS) },
  { weight: 4, arbitrary: steps(SET_UNORDERED, true) },
  { weight: 4, arbitrary: steps(KEY_REQUESTS) },
  { weight: 6, arbitrary: steps(HASH_REQUESTS) },
  { weight: 3, arbitrary: steps(HASH_UNORDERED, true) },
  { weight: 7, arbitrary: steps(LIST_REQUESTS) },
  { weight: 10, arbitrary: steps(SORTED_SET_REQUESTS) },
  { weight: 2, arbitrary: steps(SORTED_SET_UNORDERED, true) },
  { weight: 4, arbitrary: steps(BIT_REQUESTS) },
  { weight: 1, arbitrary: steps(OTHER_STRING_REQUESTS) },
  { weight: 3, arbitrary: steps(SORT_REQUESTS) },
  { weight: 2, arbitrary: steps(SORT_UNORDERED, true) },
  { weight: 3, arbitrary: steps(RENAME_REQUESTS) },
  { weight: 2, arbitrary: steps(TRANSACTION_REQUESTS) },
  { weight: 2, arbitrary: steps(OTHER_REQUESTS) },
);
