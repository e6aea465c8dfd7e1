import type { RespValue } from './resp-reader.ts';

/** What the rules need to know of a command. Source: the command reference of Redis 7 (flags, key positions). */
export type CommandClass = 'read-one' | 'read-many' | 'scan' | 'write' | 'pop' | 'other';

const CLASSES: Record<Exclude<CommandClass, 'other'>, string> = {
  /** Reads one key or one member: what a loop repeats. */
  'read-one': `GET HGET HGETALL HEXISTS HLEN STRLEN EXISTS TYPE TTL PTTL SMEMBERS SISMEMBER SCARD ZSCORE ZRANK ZCARD
    LRANGE LINDEX LLEN ZRANGE ZRANGEBYSCORE ZREVRANGE GETRANGE GETBIT BITCOUNT OBJECT HKEYS HVALS SRANDMEMBER DUMP
    EXPIRETIME PEXPIRETIME GETEX XRANGE XLEN PFCOUNT HMGET HSTRLEN ZCOUNT SMISMEMBER`,
  'read-many':
    'MGET KEYS SORT SORT_RO SINTER SUNION SDIFF ZUNION ZINTER ZDIFF RANDOMKEY DBSIZE SINTERCARD LCS',
  scan: 'SCAN SSCAN HSCAN ZSCAN',
  write: `SET SETEX PSETEX SETNX SETRANGE APPEND INCR INCRBY INCRBYFLOAT DECR DECRBY GETSET MSET MSETNX DEL UNLINK
    EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST RENAME RENAMENX COPY SADD SREM SMOVE SINTERSTORE SUNIONSTORE SDIFFSTORE
    HSET HSETNX HMSET HDEL HINCRBY HINCRBYFLOAT LPUSH RPUSH LPUSHX RPUSHX LSET LREM LTRIM LINSERT ZADD ZREM ZINCRBY
    ZREMRANGEBYSCORE ZREMRANGEBYRANK ZREMRANGEBYLEX ZUNIONSTORE ZINTERSTORE ZDIFFSTORE ZRANGESTORE SETBIT BITOP
    BITFIELD PFADD PFMERGE GEOADD XADD XDEL XTRIM XACK FLUSHALL FLUSHDB RESTORE GETDEL`,
  /** Takes an element away: the sign of a queue, whose writes after reads are its purpose. */
  pop: `LPOP RPOP BLPOP BRPOP RPOPLPUSH BRPOPLPUSH LMOVE BLMOVE LMPOP BLMPOP SPOP ZPOPMIN ZPOPMAX BZPOPMIN BZPOPMAX
    XREADGROUP`,
};

const BY_NAME = new Map<string, CommandClass>(
  Object.entries(CLASSES).flatMap(([kind, names]) =>
    names.split(/\s+/).map((name): [string, CommandClass] => [name, kind as CommandClass]),
  ),
);

export function classOf(name: string): CommandClass {
  return BY_NAME.get(name) ?? 'other';
}

/** Whether the command changes data, and so is appended to the log. */
export function isWrite(name: string): boolean {
  const kind = classOf(name);
  return kind === 'write' || kind === 'pop';
}

/** The first key of a command; undefined for commands without one. */
export function keyOf(name: string, args: readonly RespValue[]): RespValue | undefined {
  const kind = classOf(name);
  if (kind === 'other' || name === 'SCAN' || name === 'KEYS' || name.startsWith('FLUSH')) return undefined;
  return name === 'OBJECT' || name === 'BITOP' ? args[1] : args[0];
}

/** Commands of the class "other" that somebody may type by hand. */
const OTHERS = new Set(
  `PING ECHO QUIT AUTH HELLO SELECT INFO CONFIG CLIENT COMMAND MULTI EXEC DISCARD WATCH UNWATCH MONITOR SUBSCRIBE
  PSUBSCRIBE UNSUBSCRIBE PUBLISH TIME LASTSAVE SAVE BGSAVE BGREWRITEAOF SLOWLOG LATENCY MEMORY DEBUG EVAL EVALSHA SCRIPT
  WAIT RESET ROLE PSYNC SYNC REPLCONF ACL MODULE SHUTDOWN`.split(/\s+/),
);

/** Whether the word, in any case, is the name of a command. */
export function isKnown(word: string): boolean {
  const name = word.toUpperCase();
  return BY_NAME.has(name) || OTHERS.has(name);
}

const BLOCKING = new Set([
  ...[
    'BLPOP',
    'BRPOP',
    'BRPOPLPUSH',
    'BLMOVE',
    'BLMPOP',
    'BZPOPMIN',
    'BZPOPMAX',
    'BZMPOP',
    'XREAD',
    'XREADGROUP',
  ],
  ...['WAIT', 'WAITAOF', 'SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'MONITOR', 'DEBUG', 'CLIENT'],
]);

/** Whether the command may wait for somebody else before it is answered. */
export function isBlocking(name: string): boolean {
  return BLOCKING.has(name);
}

/** Commands whose cost does not grow with what is stored (O(1) or O(log N) in the command reference). */
const CONSTANT = new Set(
  `GET SET SETEX PSETEX SETNX GETSET GETEX STRLEN EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME EXPIRE PEXPIRE EXPIREAT
  PEXPIREAT PERSIST INCR INCRBY INCRBYFLOAT DECR DECRBY APPEND GETBIT SETBIT HGET HSET HMSET HMGET HSETNX HEXISTS HLEN
  HSTRLEN HINCRBY HINCRBYFLOAT HDEL SADD SREM SISMEMBER SMISMEMBER SCARD SMOVE ZADD ZREM ZSCORE ZCARD ZINCRBY ZRANK
  ZREVRANK LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LLEN PING ECHO SELECT AUTH HELLO TIME DBSIZE MULTI DISCARD
  WATCH UNWATCH PFADD`.split(/\s+/),
);
/** More arguments than this make any command long. */
const FEW_ARGUMENTS = 64;

export function hasConstantCost(name: string, args: readonly unknown[]): boolean {
  return CONSTANT.has(name) && args.length <= FEW_ARGUMENTS;
}
