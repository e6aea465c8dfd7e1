import type { Server } from '../server.ts';
import { memoryFields } from './memory.ts';
import { persistenceFields } from './persistence.ts';
import { cpuFields, serverFields } from './process.ts';

export type Fields = Readonly<Record<string, string | number>>;

export interface Section {
  readonly title: string;
  fields(server: Server): Fields;
}

function clientFields(server: Server): Fields {
  const { sessions, config } = server;
  return {
    connected_clients: sessions.size,
    maxclients: config.values.maxclients,
    client_recent_max_input_buffer: maxOf(sessions.values(), (one) => one.peer?.queryBuffer ?? 0),
    client_recent_max_output_buffer: maxOf(sessions.values(), (one) => one.peer?.outputBuffer ?? 0),
    blocked_clients: server.blocking.clients,
  };
}

function statsFields(server: Server): Fields {
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
    expired_keys: stats.expiredKeys,
    evicted_keys: stats.evictedKeys,
    keyspace_hits: stats.keyspaceHits,
    keyspace_misses: stats.keyspaceMisses,
    pubsub_channels: server.pubsub.channelCount,
    pubsub_patterns: server.pubsub.patternCount,
    total_error_replies: stats.errorReplies,
  };
}

function commandFields(server: Server): Fields {
  const fields: Record<string, string> = {};
  for (const [name, one] of server.stats.commands) {
    const perCall = one.calls === 0 ? 0 : one.usec / one.calls;
    fields[`cmdstat_${name}`] =
      `calls=${one.calls},usec=${Math.round(one.usec)},usec_per_call=${perCall.toFixed(2)},` +
      `rejected_calls=${one.rejected},failed_calls=${one.failed}`;
  }
  return fields;
}

function errorFields(server: Server): Fields {
  return Object.fromEntries(
    [...server.stats.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  );
}

function keyspaceFields(server: Server): Fields {
  const fields: Record<string, string> = {};
  for (const db of server.keyspaces) {
    if (db.size === 0) continue;
    fields[`db${db.id}`] = `keys=${db.size},expires=${db.expires.size},avg_ttl=${averageTtl(server, db.id)}`;
  }
  return fields;
}

/** Over a sample: the exact figure would cost a walk over every key. */
function averageTtl(server: Server, id: number): number {
  const { expires } = server.keyspaces[id]!;
  const sample = Math.min(expires.size, 100);
  if (sample === 0) return 0;
  let sum = 0;
  for (let slot = 0; slot < sample; slot++) sum += Math.max(0, expires.valueAt(slot)! - server.now);
  return Math.round(sum / sample);
}

function maxOf<T>(items: Iterable<T>, measure: (item: T) => number): number {
  let most = 0;
  for (const item of items) most = Math.max(most, measure(item));
  return most;
}

/** In the order in which INFO prints them. */
export const INFO_SECTIONS: Readonly<Record<string, Section>> = {
  server: { title: 'Server', fields: serverFields },
  clients: { title: 'Clients', fields: clientFields },
  memory: { title: 'Memory', fields: memoryFields },
  persistence: { title: 'Persistence', fields: persistenceFields },
  stats: { title: 'Stats', fields: statsFields },
  replication: {
    title: 'Replication',
    fields: () => ({ role: 'master', connected_slaves: 0 }),
  },
  cpu: { title: 'CPU', fields: cpuFields },
  commandstats: { title: 'Commandstats', fields: commandFields },
  errorstats: { title: 'Errorstats', fields: errorFields },
  cluster: { title: 'Cluster', fields: () => ({ cluster_enabled: 0 }) },
  keyspace: { title: 'Keyspace', fields: keyspaceFields },
};

export const EXTRA_SECTIONS: readonly string[] = ['commandstats'];
export const DEFAULT_SECTIONS: readonly string[] = Object.keys(INFO_SECTIONS).filter(
  (name) => !EXTRA_SECTIONS.includes(name),
);
