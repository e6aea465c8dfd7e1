import type { Server } from '../server.ts';
import { memoryFields } from './memory.ts';
import { persistenceFields } from './persistence.ts';
import { cpuFields, serverFields } from './process.ts';
import { commandFields, errorFields, latencyFields, statsFields } from './stats.ts';

export type Fields = Readonly<Record<string, string | number>>;

export interface Section {
  readonly title: string;
  fields(server: Server): Fields;
}

function clientFields(server: Server): Fields {
  const { sessions, config } = server;
  return {
    connected_clients: sessions.size,
    cluster_connections: 0,
    maxclients: config.values.maxclients,
    client_recent_max_input_buffer: maxOf(sessions.values(), (one) => one.peer?.queryBuffer ?? 0),
    client_recent_max_output_buffer: maxOf(sessions.values(), (one) => one.peer?.outputBuffer ?? 0),
    blocked_clients: server.blocking.clients,
    tracking_clients: 0,
    monitor_clients: server.monitors.size,
  };
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

/** There are no replicas: a server of its own, with a history that nobody follows. */
function replicationFields(server: Server): Fields {
  return {
    role: 'master',
    connected_slaves: 0,
    master_failover_state: 'no-failover',
    master_replid: server.replicationId,
    master_replid2: '0'.repeat(40),
    master_repl_offset: 0,
    second_repl_offset: -1,
    repl_backlog_active: 0,
    repl_backlog_size: 0,
    repl_backlog_first_byte_offset: 0,
    repl_backlog_histlen: 0,
  };
}

/** What was misconfigured on purpose; see faults.ts. */
function faultFields(server: Server): Fields {
  const { faults, config } = server;
  const slow = faults.slowCommand;
  return {
    active_faults: faults.active,
    fault_slow_command: slow ? `${slow.name},${slow.ms}ms` : '',
    fault_rewrite_interval: faults.rewriteInterval,
    fault_mass_expiry: faults.expiryGridMs / 1000,
    fault_output_buffer: faults.outputBuffer,
    sync_on_every_write: server.aof.open && config.values.appendfsync === 'always' ? 1 : 0,
  };
}

/** In the order in which INFO prints them. */
export const INFO_SECTIONS: Readonly<Record<string, Section>> = {
  server: { title: 'Server', fields: serverFields },
  clients: { title: 'Clients', fields: clientFields },
  memory: { title: 'Memory', fields: memoryFields },
  persistence: { title: 'Persistence', fields: persistenceFields },
  stats: { title: 'Stats', fields: statsFields },
  replication: { title: 'Replication', fields: replicationFields },
  cpu: { title: 'CPU', fields: cpuFields },
  modules: { title: 'Modules', fields: () => ({}) },
  commandstats: { title: 'Commandstats', fields: commandFields },
  errorstats: { title: 'Errorstats', fields: errorFields },
  latencystats: { title: 'Latencystats', fields: latencyFields },
  cluster: { title: 'Cluster', fields: () => ({ cluster_enabled: 0 }) },
  keyspace: { title: 'Keyspace', fields: keyspaceFields },
  faults: { title: 'Faults', fields: faultFields },
};

/** Long ones, which are shown when asked for. */
export const EXTRA_SECTIONS: readonly string[] = ['commandstats', 'latencystats'];
export const DEFAULT_SECTIONS: readonly string[] = Object.keys(INFO_SECTIONS).filter(
  (name) => !EXTRA_SECTIONS.includes(name),
);
