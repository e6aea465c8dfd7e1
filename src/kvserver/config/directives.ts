import * as path from 'node:path';
import { POLICIES } from '../eviction.ts';
import { checkSlowCommand } from '../faults.ts';
import { clientMemory } from './client-memory.ts';
import { choice, type Directive, eventClasses, flag, integer, memory, text, words } from './directive.ts';
import { outputLimits } from './output-limits.ts';
import { percentiles } from './percentiles.ts';
import { saveRules } from './save-rules.ts';

const MAX_INT = 2 ** 31 - 1;
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/** A bare file name: the directory is the business of `dir` and `appenddirname`. */
function bareName(word: string): string | undefined {
  return word === '' || word.includes('/') ? "can't be a path, just a filename" : undefined;
}

/**
 * Every directive that the server obeys, by its name in redis.conf. What is known but has no effect is in inert.ts.
 */
export const DIRECTIVES = {
  appenddirname: text('appendonlydir', { fixed: true, check: bareName }),
  appendfilename: text('appendonly.aof', { fixed: true, check: bareName }),
  appendfsync: choice('everysec', ['everysec', 'always', 'no']),
  appendonly: flag(false),
  'aof-load-truncated': flag(true),
  // Growth in percent since the last rewrite that starts the next one; 0: never by itself.
  'auto-aof-rewrite-percentage': integer(100, { min: 0, max: MAX_INT }),
  'auto-aof-rewrite-min-size': memory(64 * 1024 ** 2, { min: 0, max: MAX_BYTES }),
  bind: words(['127.0.0.1', '-::1'], { fixed: true }),
  databases: integer(16, { min: 1, max: MAX_INT, fixed: true }),
  // As an absolute path, for those who look for the files.
  dir: { ...text('.'), guarded: true, print: (dir) => path.resolve(dir) },
  'hash-max-listpack-entries': integer(512, { min: 0, max: MAX_BYTES }),
  'hash-max-listpack-value': integer(64, { min: 0, max: MAX_BYTES }),
  // Who may change where files are written; "local": clients of this machine.
  'enable-protected-configs': choice('no', ['no', 'yes', 'local'], { fixed: true }),
  // Who may send DEBUG; "local": clients of this machine.
  'enable-debug-command': choice('local', ['no', 'yes', 'local'], { fixed: true }),
  // 1 … 10: how thorough the background search for expired keys is.
  'active-expire-effort': integer(1, { min: 1, max: 10 }),
  // Faults for lessons; see faults.ts.
  'fault-mass-expiry': integer(0, { min: 0, max: 86_400 }),
  'fault-output-buffer': memory(0, { min: 0, max: MAX_BYTES }),
  'fault-rewrite-interval': integer(0, { min: 0, max: MAX_INT }),
  'fault-slow-command': words([], { check: checkSlowCommand }),
  hz: integer(10, { min: 1, max: 500 }),
  // Milliseconds; 0 switches the latency monitor off.
  // Counts how long each command takes, for INFO latencystats and LATENCY HISTOGRAM.
  'latency-tracking': flag(true),
  'latency-tracking-info-percentiles': percentiles([50, 99, 99.9]),
  'latency-monitor-threshold': integer(0, { min: 0, max: MAX_BYTES }),
  // Bytes; 0: no limit. See store/memory.ts for what is counted.
  'lfu-decay-time': integer(1, { min: 0, max: MAX_INT }),
  'lfu-log-factor': integer(10, { min: 0, max: MAX_INT }),
  'maxmemory-eviction-tenacity': integer(10, { min: 0, max: 100 }),
  'maxmemory-policy': choice('noeviction', POLICIES),
  'maxmemory-samples': integer(5, { min: 1, max: 64 }),
  'maxmemory-clients': clientMemory(),
  maxmemory: memory(0, { min: 0, max: MAX_BYTES }),
  maxclients: integer(10_000, { min: 1, max: MAX_INT }),
  'no-appendfsync-on-rewrite': flag(false),
  'notify-keyspace-events': eventClasses(),
  port: integer(6379, { min: 0, max: 65_535, fixed: true }),
  'proto-max-bulk-len': memory(512 * 1024 ** 2, { min: 1024 ** 2, max: MAX_BYTES }),
  'protected-mode': flag(true),
  requirepass: text(''),
  'set-max-intset-entries': integer(512, { min: 0, max: MAX_BYTES }),
  'client-output-buffer-limit': outputLimits(),
  'client-query-buffer-limit': memory(1024 ** 3, { min: 1024 ** 2, max: MAX_BYTES }),
  // Microseconds; negative switches the slow log off.
  'slowlog-log-slower-than': integer(10_000, { min: -1, max: MAX_BYTES }),
  'slowlog-max-len': integer(128, { min: 0, max: MAX_BYTES }),
  'tcp-backlog': integer(511, { min: 0, max: MAX_INT, fixed: true }),
  'tcp-keepalive': integer(300, { min: 0, max: MAX_INT }),
  timeout: integer(0, { min: 0, max: MAX_INT }),
  // The base of the append-only file as a snapshot rather than as commands.
  'aof-use-rdb-preamble': flag(true),
  dbfilename: { ...text('dump.rdb', { check: bareName }), guarded: true },
  rdbchecksum: flag(true, { fixed: true }),
  rdbcompression: flag(true),
  save: saveRules(),
  'stop-writes-on-bgsave-error': flag(true),
  'zset-max-listpack-entries': integer(128, { min: 0, max: MAX_BYTES }),
  'zset-max-listpack-value': integer(64, { min: 0, max: MAX_BYTES }),
} satisfies Readonly<Record<string, Directive<never> | object>>;

export type DirectiveName = keyof typeof DIRECTIVES;
export type Settings = {
  [K in DirectiveName]: (typeof DIRECTIVES)[K] extends Directive<infer T> ? T : never;
};
