import type { Server } from '../server.ts';
import type { Fields } from './sections.ts';

/** Counters since the start or CONFIG RESETSTAT. */
export function statsFields(server: Server): Fields {
  const { stats, cron } = server;
  return {
    total_connections_received: stats.connectionsReceived,
    total_commands_processed: stats.commandsProcessed,
    instantaneous_ops_per_sec: Math.round(cron?.commandsRate.perSecond ?? 0),
    total_net_input_bytes: stats.netInputBytes,
    total_net_output_bytes: stats.netOutputBytes,
    instantaneous_input_kbps: ((cron?.inputRate.perSecond ?? 0) / 1024).toFixed(2),
    instantaneous_output_kbps: ((cron?.outputRate.perSecond ?? 0) / 1024).toFixed(2),
    rejected_connections: stats.connectionsRejected,
    sync_full: 0,
    sync_partial_ok: 0,
    sync_partial_err: 0,
    expired_keys: stats.expiredKeys,
    expired_time_cap_reached_count: stats.expireTimeLimits,
    expire_cycle_cpu_milliseconds: Math.round(stats.expireMs),
    evicted_keys: stats.evictedKeys,
    evicted_clients: stats.evictedClients,
    keyspace_hits: stats.keyspaceHits,
    keyspace_misses: stats.keyspaceMisses,
    pubsub_channels: server.pubsub.count('channels'),
    pubsub_patterns: server.pubsub.count('patterns'),
    pubsubshard_channels: server.pubsub.count('shardChannels'),
    latest_fork_usec: 0,
    total_forks: 0,
    migrate_cached_sockets: 0,
    tracking_total_keys: 0,
    tracking_total_items: 0,
    tracking_total_prefixes: 0,
    unexpected_error_replies: 0,
    total_error_replies: stats.errorReplies,
  };
}

export function commandFields(server: Server): Fields {
  const fields: Record<string, string> = {};
  for (const [name, one] of server.stats.commands) {
    const perCall = one.calls === 0 ? 0 : one.usec / one.calls;
    fields[`cmdstat_${name}`] =
      `calls=${one.calls},usec=${Math.round(one.usec)},usec_per_call=${perCall.toFixed(2)},` +
      `rejected_calls=${one.rejected},failed_calls=${one.failed}`;
  }
  return fields;
}

export function errorFields(server: Server): Fields {
  return Object.fromEntries(
    [...server.stats.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  );
}

/** How long commands took: the times within which the parts of `latency-tracking-info-percentiles` ended. */
export function latencyFields(server: Server): Fields {
  const percents = server.config.values['latency-tracking-info-percentiles'];
  const fields: Record<string, string> = {};
  for (const [name, { times }] of server.stats.commands) {
    if (!times) continue;
    fields[`latency_percentiles_usec_${name}`] = percents
      .map((percent) => `p${percent}=${(times.percentile(percent) / 1000).toFixed(3)}`)
      .join(',');
  }
  return fields;
}
