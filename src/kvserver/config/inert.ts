import { choice, type Directive, flag, integer, memory } from './directive.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const FIXED = { fixed: true } as const;
const number = (initial: number, min = 0) => integer(initial, { min, max: MAX });
const bytes = (initial: number) => memory(initial, { min: 0, max: MAX });
const SHUTDOWN_OPTIONS = ['default', 'save', 'nosave', 'now', 'force'];

/** Some of the allowed words, printed in the order in which they are listed here. */
function among(initial: string, allowed: readonly string[]): Directive<string> {
  return {
    ...phrase(initial),
    read(words) {
      const given = words.map((word) => word.toLowerCase());
      if (given.length > 0 && given.every((word) => allowed.includes(word))) {
        return { value: allowed.filter((word) => given.includes(word)).join(' ') };
      }
      return { reason: `argument(s) must be one of the following: ${allowed.join(', ')}` };
    },
  };
}

/** Any words. */
function phrase(initial: string, options: { readonly fixed?: boolean } = {}): Directive<string> {
  return {
    initial,
    mutable: !options.fixed,
    many: true,
    read: (words) => ({ value: words.join(' ') }),
    print: (value) => value,
  };
}
const fixed = (initial: number) => integer(initial, { min: 0, max: MAX, fixed: true });

/**
 * Directives of redis-server 7.0 that there is nothing here to act upon: replicas, modules, another memory
 * layout, threads. They are read, checked and kept, so that a redis.conf and CONFIG SET work as they are, and
 * whoever sets one at the start to anything but its default is told that it has no effect.
 */
export const INERT = {
  'acl-pubsub-default': choice('resetchannels', ['allchannels', 'resetchannels']),
  aclfile: phrase('', FIXED),
  'acllog-max-len': number(128),
  'active-defrag-cycle-max': number(25),
  'active-defrag-cycle-min': number(1),
  'active-defrag-ignore-bytes': bytes(104857600),
  'active-defrag-max-scan-fields': number(1000),
  'active-defrag-threshold-lower': number(10),
  'active-defrag-threshold-upper': number(100),
  activedefrag: flag(false),
  activerehashing: flag(true),
  'always-show-logo': flag(false, FIXED),
  'aof-disable-auto-gc': flag(false),
  'aof-rewrite-incremental-fsync': flag(true),
  'aof-timestamp-enabled': flag(false),
  aof_rewrite_cpulist: phrase('', FIXED),
  bgsave_cpulist: phrase('', FIXED),
  'bind-source-addr': phrase(''),
  bio_cpulist: phrase('', FIXED),
  'busy-reply-threshold': number(5000),
  'cluster-allow-pubsubshard-when-down': flag(true),
  'cluster-allow-reads-when-down': flag(false),
  'cluster-allow-replica-migration': flag(true),
  'cluster-announce-bus-port': number(0),
  'cluster-announce-hostname': phrase(''),
  'cluster-announce-ip': phrase(''),
  'cluster-announce-port': number(0),
  'cluster-announce-tls-port': number(0),
  'cluster-config-file': phrase('nodes.conf', FIXED),
  'cluster-enabled': flag(false, FIXED),
  'cluster-link-sendbuf-limit': bytes(0),
  'cluster-migration-barrier': number(1),
  'cluster-node-timeout': number(15000),
  'cluster-port': fixed(0),
  'cluster-preferred-endpoint-type': choice('ip', ['ip', 'hostname', 'unknown-endpoint']),
  'cluster-replica-no-failover': flag(false),
  'cluster-replica-validity-factor': number(10),
  'cluster-require-full-coverage': flag(true),
  'crash-log-enabled': flag(true),
  'crash-memcheck-enabled': flag(true),
  daemonize: flag(false, FIXED),
  'disable-thp': flag(true, FIXED),
  'dynamic-hz': flag(true),
  'enable-module-command': choice('no', ['no', 'yes', 'local'], FIXED),
  'hll-sparse-max-bytes': bytes(3000),
  'ignore-warnings': phrase(''),
  'io-threads': fixed(1),
  'io-threads-do-reads': flag(false, FIXED),
  'jemalloc-bg-thread': flag(true),
  'lazyfree-lazy-eviction': flag(false),
  'lazyfree-lazy-expire': flag(false),
  'lazyfree-lazy-server-del': flag(false),
  'lazyfree-lazy-user-del': flag(false),
  'lazyfree-lazy-user-flush': flag(false),
  'list-compress-depth': number(0),
  'list-max-listpack-size': number(-2, -5),
  logfile: phrase('', FIXED),
  loglevel: choice('notice', ['debug', 'verbose', 'notice', 'warning']),
  masterauth: phrase(''),
  masteruser: phrase(''),
  'min-replicas-max-lag': number(10),
  'min-replicas-to-write': number(0),
  'oom-score-adj': choice('no', ['no', 'yes', 'relative', 'absolute']),
  'oom-score-adj-values': phrase('0 200 800'),
  pidfile: phrase('', FIXED),
  'proc-title-template': phrase('{title} {listen-addr} {server-mode}'),
  'propagation-error-behavior': choice('ignore', ['ignore', 'panic', 'panic-on-replicas']),
  'rdb-del-sync-files': flag(false),
  'rdb-save-incremental-fsync': flag(true),
  'repl-backlog-size': bytes(1048576),
  'repl-backlog-ttl': number(3600),
  'repl-disable-tcp-nodelay': flag(false),
  'repl-diskless-load': choice('disabled', ['disabled', 'on-empty-db', 'swapdb']),
  'repl-diskless-sync': flag(true),
  'repl-diskless-sync-delay': number(5),
  'repl-diskless-sync-max-replicas': number(0),
  'repl-ping-replica-period': number(10),
  'repl-timeout': number(60),
  'replica-announce-ip': phrase(''),
  'replica-announce-port': number(0),
  'replica-announced': flag(true),
  'replica-ignore-disk-write-errors': flag(false),
  'replica-ignore-maxmemory': flag(true),
  'replica-lazy-flush': flag(false),
  'replica-priority': number(100),
  'replica-read-only': flag(true),
  'replica-serve-stale-data': flag(true),
  replicaof: phrase('', FIXED),
  'sanitize-dump-payload': choice('no', ['no', 'yes', 'clients']),
  server_cpulist: phrase('', FIXED),
  'set-proc-title': flag(true, FIXED),
  'shutdown-on-sigint': among('default', SHUTDOWN_OPTIONS),
  'shutdown-on-sigterm': among('default', SHUTDOWN_OPTIONS),
  'shutdown-timeout': number(10),
  'socket-mark-id': fixed(0),
  'stream-node-max-bytes': bytes(4096),
  'stream-node-max-entries': number(100),
  supervised: choice('no', ['no', 'upstart', 'systemd', 'auto'], FIXED),
  'syslog-enabled': flag(false, FIXED),
  'syslog-facility': phrase('local0', FIXED),
  'syslog-ident': phrase('redis', FIXED),
  'tls-auth-clients': choice('yes', ['no', 'yes', 'optional']),
  'tls-ca-cert-dir': phrase(''),
  'tls-ca-cert-file': phrase(''),
  'tls-cert-file': phrase(''),
  'tls-ciphers': phrase(''),
  'tls-ciphersuites': phrase(''),
  'tls-client-cert-file': phrase(''),
  'tls-client-key-file': phrase(''),
  'tls-client-key-file-pass': phrase(''),
  'tls-cluster': flag(false),
  'tls-dh-params-file': phrase(''),
  'tls-key-file': phrase(''),
  'tls-key-file-pass': phrase(''),
  'tls-port': number(0),
  'tls-prefer-server-ciphers': flag(false),
  'tls-protocols': phrase(''),
  'tls-replication': flag(false),
  'tls-session-cache-size': number(20480),
  'tls-session-cache-timeout': number(300),
  'tls-session-caching': flag(true),
  'tracking-table-max-keys': number(1000000),
  unixsocket: phrase('', FIXED),
  unixsocketperm: fixed(0),
} satisfies Readonly<Record<string, Directive<never> | object>>;
