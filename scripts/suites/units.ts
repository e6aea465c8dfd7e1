/** The files of the suite that judge a server of this kind. Scripts, streams, geo, modules and cluster are out. */
export const UNITS: readonly string[] = [
  'unit/type/string',
  'unit/type/incr',
  'unit/type/hash',
  'unit/type/list',
  'unit/type/list-2',
  'unit/type/list-3',
  'unit/type/set',
  'unit/type/zset',
  'unit/keyspace',
  'unit/expire',
  'unit/scan',
  'unit/sort',
  'unit/multi',
  'unit/pubsub',
  'unit/pubsubshard',
  'unit/protocol',
  'unit/latency-monitor',
  'unit/slowlog',
  'unit/info',
  'unit/info-command',
  'unit/introspection',
  'unit/introspection-2',
  'unit/auth',
  'unit/maxmemory',
  'unit/quit',
  'unit/other',
  'unit/dump',
  'unit/bitops',
  'unit/bitfield',
  'unit/pause',
];

/**
 * Files that the suite does not run against a server of somebody else: their tests start servers with settings of
 * their own.
 */
export const OWN_SERVER_UNITS: readonly string[] = [
  'unit/auth',
  'unit/info',
  'unit/maxmemory',
  'unit/limits',
  'unit/obuf-limits',
  'unit/pubsubshard',
  'integration/redis-cli',
  'integration/redis-benchmark',
];

/** Tests of features that this server does not have, by unit; files of the suite mix them with the others. */
export interface LeftOut {
  readonly feature: string;
  readonly tests: Readonly<Record<string, readonly string[]>>;
}

/** Replication is out, and with it the tests that read what a replica would be sent. */
export const WITHOUT_TAGS: readonly string[] = ['needs:repl'];
