/** The settings that explain slowness. One CONFIG GET each: a server answers those that it knows. */
export const DIRECTIVES = [
  // What a write costs.
  'appendonly',
  'appendfsync',
  'no-appendfsync-on-rewrite',
  'auto-aof-rewrite-percentage',
  'auto-aof-rewrite-min-size',
  'aof-rewrite-incremental-fsync',
  'save',
  'rdb-save-incremental-fsync',
  // Which files belong to the server.
  'dir',
  'appendfilename',
  'appenddirname',
  'dbfilename',
  // Memory.
  'maxmemory',
  'maxmemory-policy',
  'disable-thp',
  'lazyfree-lazy-user-del',
  'lazyfree-lazy-expire',
  'lazyfree-lazy-eviction',
  'activedefrag',
  'active-expire-effort',
  // Clients.
  'port',
  'maxclients',
  'timeout',
  'tcp-backlog',
  'client-output-buffer-limit',
  'hz',
  'io-threads',
  // What the server itself records of slow commands.
  'slowlog-log-slower-than',
  'slowlog-max-len',
  'latency-monitor-threshold',
] as const;

/** Directives whose values are secrets. They are not asked for, and left out where a saved text holds them. */
export function isSecret(directive: string): boolean {
  return /pass|auth$|secret|(?:master|primary)user/i.test(directive);
}
