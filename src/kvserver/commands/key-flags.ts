import { keysOf } from './key-positions.ts';
import type { CommandSpec } from './spec.ts';

/**
 * What commands do with the value of a key: it is read (RO), changed (RW), overwritten (OW) or removed (RM);
 * then more precisely: access (its content reaches the client), update, insert, delete. One group a line; keys
 * after the last group of a command are as that.
 * Source: the documentation of key specifications, "logical operation flags".
 */
const BY_FLAGS: Readonly<Record<string, string>> = {
  'RO access | OW update': 'sort copy',
  RO: 'hlen hstrlen hexists exists touch type llen sismember scard strlen watch zcard usage encoding freq idletime refcount',
  'RW access update':
    'setbit hincrby hincrbyfloat move incr decr incrby decrby incrbyfloat getex getset zincrby',
  // A shard channel lies where a key of that name would.
  not_key: 'ssubscribe sunsubscribe spublish',
  'OW update': 'mset setex psetex restore',
  'OW update | RO access': 'bitop sunionstore sdiffstore zunionstore zinterstore zdiffstore zrangestore',
  'OW insert': 'msetnx setnx',
  'RW update | RO access': 'sinterstore',
  'RW access update variable_flags': 'bitfield set',
  'RW update': 'expire pexpire expireat pexpireat persist hset hmset lset setrange zadd',
  'RW insert': 'hsetnx lpush rpush lpushx rpushx linsert sadd append',
  'RW delete': 'hdel lrem ltrim srem zrem zremrangebyrank zremrangebyscore zremrangebylex',
  'RM delete': 'del unlink',
  'RW access delete':
    'lpop rpop blpop brpop blmpop lmpop spop getdel zpopmin zpopmax bzpopmin bzpopmax zmpop bzmpop',
  'RW access delete | RW insert': 'blmove brpoplpush lmove rpoplpush smove',
  'RW access delete | OW update': 'rename',
  'RW access delete | OW insert': 'renamenx',
};

const BY_COMMAND = new Map<string, readonly (readonly string[])[]>();
for (const [flags, names] of Object.entries(BY_FLAGS)) {
  const keys = flags.split(' | ').map((one) => one.split(' '));
  for (const name of names.split(' ')) BY_COMMAND.set(name, keys);
}

/** For each group of keys of a command, in their order. */
export function keyFlagGroups(spec: CommandSpec): readonly (readonly string[])[] {
  const known = BY_COMMAND.get(spec.name);
  if (known) return known;
  return [spec.flags.includes('write') ? ['RW', 'access', 'update'] : ['RO', 'access']];
}

/** The keys of a request with their flags; undefined for a command without keys. */
export function keysAndFlags(
  spec: CommandSpec,
  request: readonly string[],
): { readonly key: string; readonly flags: readonly string[] }[] | undefined {
  const groups = keyFlagGroups(spec).map((flags) => actualFlags(flags, spec, request));
  return keysOf(spec, request)?.map((at, i) => ({
    key: request[at]!,
    flags: groups[i] ?? groups.at(-1)!,
  }));
}

/** What a command with options really does with its key. */
function actualFlags(
  flags: readonly string[],
  spec: CommandSpec,
  request: readonly string[],
): readonly string[] {
  if (!flags.includes('variable_flags')) return flags;
  const options = request.slice(2).map((word) => word.toLowerCase());
  if (spec.name === 'set') return options.includes('get') ? ['RW', 'access', 'update'] : ['OW', 'update'];
  const writes = options.includes('set') || options.includes('incrby');
  return writes ? ['RW', 'access', 'update'] : ['RO', 'access'];
}
