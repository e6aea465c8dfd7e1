import fc from 'fast-check';
import { key, option, request, type Step, steps } from './commands.ts';

const words = (max: number) =>
  fc.array(fc.constantFrom('a', 'b', '1', '0', '-1', 'x', ''), { maxLength: max });

/** Every command whose reply depends on its arguments and the data alone: with too few, too many and wrong words. */
const ANY_WORDS =
  'append bitcount bitfield bitop bitpos copy dbsize decr decrby del discard echo exec exists expire expireat ' +
  'expiretime flushdb get getbit getdel getex getrange getset hdel hexists hget hincrby hincrbyfloat hlen hmget ' +
  'hmset hset hsetnx hstrlen incr incrby incrbyfloat lcs lindex linsert llen lmove lmpop lpop lpos lpush lpushx ' +
  'lrange lrem lset ltrim mget move mset msetnx multi persist pexpire pexpireat pexpiretime ping psetex publish ' +
  'rename renamenx rpop rpoplpush rpush rpushx sadd scard sdiffstore select set setbit setex setnx setrange ' +
  'sintercard sinterstore sismember smismember smove srem strlen substr sunionstore swapdb touch type unlink ' +
  'unwatch watch zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore ' +
  'zpopmax zpopmin zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank ' +
  'zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank zscore zunion zunionstore nosuch';
const UNORDERED = 'smembers sinter sunion sdiff hgetall hkeys hvals keys';

const anyWords: fc.Arbitrary<Step> = fc.oneof(
  request(option(...ANY_WORDS.split(' ')), words(5)).map((args): Step => ({ args })),
  request(option(...UNORDERED.split(' ')), words(4)).map((args): Step => ({ args, unordered: true })),
);

/** Collections too large for the compact encodings, so that they are walked in several pages. */
const many = (prefix: string) => Array.from({ length: 150 }, (_, i) => `${prefix}${i}`);
const growing = steps([
  request('SADD', key, fc.constantFrom(many('m'), many('n'), many(''))),
  request('HSET', key, fc.constant(many('f').flatMap((field) => [field, 'v']))),
  request('ZADD', key, fc.constant(many('z').flatMap((member, score) => [String(score), member]))),
  request('RPUSH', key, fc.constant(many('l'))),
  request('SADD', key, option('x', '1'), fc.constant('y'.repeat(100))),
  request('HSET', key, 'f', fc.constant('v'.repeat(100))),
]);

const count = fc.tuple(option('COUNT'), option('1', '3', '20'));
const walks = fc
  .oneof(
    request('SCAN', '0', count),
    request(option('SSCAN', 'HSCAN', 'ZSCAN'), key, '0', count),
    request(option('SSCAN', 'HSCAN', 'ZSCAN'), key, '0', count, 'MATCH', option('*1*', 'm?', 'x')),
  )
  .map((args): Step => ({ args, compare: 'walk' }));

/** They find something at once, or wait for a hundredth of a second. */
const blocking = steps([
  request(option('BLPOP', 'BRPOP', 'BZPOPMIN', 'BZPOPMAX'), key, key, '0.01'),
  request('BLMOVE', key, key, option('LEFT', 'RIGHT'), option('left', 'x'), '0.01'),
  request('BRPOPLPUSH', key, key, '0.01'),
  request('BLMPOP', '0.01', option('1', '2', '0'), key, option('LEFT', 'RIGHT', 'x'), words(2)),
  request('BZMPOP', '0.01', option('1', '2'), key, option('MIN', 'max', 'x'), words(2)),
]);

const introspection = steps([
  request('OBJECT', option('ENCODING', 'FREQ', 'bogus'), fc.array(key, { maxLength: 2 })),
  request('COMMAND', 'INFO', option('get', 'ZADD', 'lpush', 'nosuch', 'config|get')),
  request('COMMAND', 'GETKEYS', option('ZUNIONSTORE', 'nosuch', 'SORT', 'PING'), words(4)),
  request('MEMORY', option('USAGE'), option('nokey'), words(2)),
  request(
    'PUBSUB',
    option('CHANNELS', 'NUMSUB', 'NUMPAT', 'bogus'),
    fc.array(option('n*', 'none'), { maxLength: 2 }),
  ),
  request(
    'CLIENT',
    option('REPLY', 'KILL', 'PAUSE', 'UNBLOCK', 'NO-EVICT', 'LIST', 'CACHING'),
    option('bogus', ''),
  ),
  request('SLOWLOG', option('GET', 'bogus', 'LEN'), option('x', '-2'), words(1)),
  request('LATENCY', option('bogus', 'HISTORY', 'GRAPH'), fc.array(option('nosuch'), { maxLength: 2 })),
  request('HELLO', option('4', 'x', '1')),
  request('AUTH', option('x', ''), words(1)),
  request('ACL', option('WHOAMI', 'bogus', 'CAT')),
  request('WAIT', option('0', 'x'), option('0', '1', '-1')),
  request('DUMP', option('nokey')),
  request('RESTORE', key, option('0', '-1', 'x'), option('bad', '')),
]);

/** Cursors that nobody was given, where there is nothing to walk. */
const cursors = steps([
  request(
    option('SSCAN', 'HSCAN', 'ZSCAN'),
    'nokey',
    option('-1', '', '+5', 'x', '1x', ' 1', '99'),
    words(2),
  ),
]);

const kinds = fc
  .oneof(
    request('OBJECT', option('HELP', 'IDLETIME', 'REFCOUNT'), fc.array(key, { maxLength: 1 })),
    request('CLIENT', option('ID', 'INFO', 'HELP', 'GETREDIR', 'TRACKINGINFO')),
    request(option('TIME', 'INFO', 'LASTSAVE', 'ROLE')),
    request('COMMAND', option('COUNT', 'HELP')),
    request('MEMORY', option('USAGE', 'HELP'), key),
    request(option('CONFIG', 'LATENCY', 'SLOWLOG', 'PUBSUB', 'ACL'), 'HELP'),
    request('DUMP', key),
  )
  .map((args): Step => ({ args, compare: 'kind' }));

const setting = fc.constantFrom(
  ...['hz', 'maxclients', 'timeout', 'tcp-keepalive', 'databases', 'maxmemory', 'maxmemory-policy', 'port*'],
  ...['maxmemory-samples', 'set-max-intset-entries', 'hash-max-listpack-*', 'zset-max-listpack-entries'],
  ...[
    'slowlog-max-len',
    'latency-monitor-threshold',
    'proto-max-bulk-len',
    'client-query-buffer-limit',
    '[s]ave',
  ],
  ...[
    'notify-keyspace-events',
    'lfu-*',
    'requirepass',
    'append*',
    'no-appendfsync-on-rewrite',
    'aof-*',
    'nosuch',
  ],
  ...['stop-writes-on-bgsave-error', 'rdb*', 'dbfilename', 'auto-aof-*'],
);
const settings = fc.oneof(
  request('CONFIG', 'GET', fc.array(setting, { minLength: 1, maxLength: 3 })).map(
    (args): Step =>
      // The two listen on different ports and keep different files.
      args.some((word) => word.startsWith('port')) ? { args, compare: 'kind' } : { args, unordered: true },
  ),
  request(
    ...['CONFIG', 'SET'],
    option('timeout', 'set-max-intset-entries', 'hash-max-listpack-entries', 'maxmemory-policy'),
    option('0', '2', 'x', '-1', 'allkeys-lru', 'noeviction', '100mb', '1gb'),
  ).map((args): Step => ({ args })),
);

const pubsub = steps([
  request(option('SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE'), option('news')),
  request('PUBLISH', option('other'), option('text')),
]);

export const MORE_STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: anyWords },
  { weight: 4, arbitrary: growing },
  { weight: 3, arbitrary: walks },
  { weight: 2, arbitrary: blocking },
  { weight: 1, arbitrary: cursors },
  { weight: 3, arbitrary: introspection },
  { weight: 1, arbitrary: kinds },
  { weight: 2, arbitrary: settings },
  { weight: 1, arbitrary: pubsub },
);
