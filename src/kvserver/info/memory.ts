import { totalmem } from 'node:os';
import type { Server } from '../server.ts';
import { EXPIRY_BYTES, KEY_BYTES } from '../store/memory.ts';
import type { Fields } from './sections.ts';

/** "1.44M", as INFO prints bytes for people. */
export function human(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes}B` : `${value.toFixed(2)}${units[unit]}`;
}

/**
 * `used_memory` is what `maxmemory` is held against: keys, values and clients' buffers as this server counts
 * them (see store/memory.ts). What the process takes besides, the heap with its garbage, is in the fields
 * `heap_…` and `used_memory_rss`.
 */
export function memoryFields(server: Server): Fields {
  const { memory, config } = server;
  const used = memory.used();
  const process_ = process.memoryUsage();
  const allocated = process_.heapUsed + process_.external;
  const data = memory.dataset();
  return {
    used_memory: used,
    used_memory_human: human(used),
    used_memory_rss: process_.rss,
    used_memory_rss_human: human(process_.rss),
    used_memory_peak: memory.peak,
    used_memory_peak_human: human(memory.peak),
    used_memory_peak_perc: `${percent(used, memory.peak)}%`,
    used_memory_overhead: overhead(server),
    used_memory_startup: 0,
    used_memory_dataset: used - overhead(server),
    used_memory_dataset_perc: `${percent(used - overhead(server), used)}%`,
    heap_used: allocated,
    heap_used_human: human(allocated),
    heap_total: process_.heapTotal,
    keys_and_values: data,
    total_system_memory: totalmem(),
    total_system_memory_human: human(totalmem()),
    maxmemory: config.values.maxmemory,
    maxmemory_human: human(config.values.maxmemory),
    maxmemory_policy: config.values['maxmemory-policy'],
    mem_fragmentation_ratio: (process_.rss / allocated).toFixed(2),
    mem_fragmentation_bytes: process_.rss - allocated,
    mem_not_counted_for_evict: memory.notCounted(),
    mem_clients_normal: memory.clientBytes,
    mem_aof_buffer: memory.notCounted(),
    mem_allocator: 'v8',
  };
}

/** Bytes that are not the users' own: tables, buffers. */
function overhead(server: Server): number {
  let bytes = server.memory.clientBytes + server.memory.notCounted();
  for (const db of server.keyspaces) bytes += db.size * KEY_BYTES + db.expires.size * EXPIRY_BYTES;
  return bytes;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0.00' : ((part * 100) / whole).toFixed(2);
}

/** MEMORY STATS. Bytes, counts and percentages. */
export function memoryStatistics(server: Server): Readonly<Record<string, number>> {
  const { memory } = server;
  const used = memory.used();
  const over = overhead(server);
  const keys = server.keyspaces.reduce((sum, db) => sum + db.size, 0);
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    'peak.allocated': memory.peak,
    'total.allocated': used,
    'startup.allocated': 0,
    'replication.backlog': 0,
    'clients.slaves': 0,
    'clients.normal': memory.clientBytes,
    'aof.buffer': memory.notCounted(),
    'overhead.total': over,
    'keys.count': keys,
    'keys.bytes-per-key': keys === 0 ? 0 : Math.floor(used / keys),
    'dataset.bytes': used - over,
    'dataset.percentage': used === 0 ? 0 : ((used - over) * 100) / used,
    'peak.percentage': memory.peak === 0 ? 0 : (used * 100) / memory.peak,
    fragmentation: rss / (heapUsed + external),
    'fragmentation.bytes': rss - heapUsed - external,
  };
}

/** Below this, figures say nothing. */
const TOO_LITTLE = 5 * 1024 ** 2;
/** Much memory was needed once: what is resident need not be what is used. */
const PEAK_RATIO = 1.5;
/** The resident memory is larger by this factor than what the heap uses. */
const FRAGMENTED = 1.8;
const BIG_BUFFERS = 0.2;

/** MEMORY DOCTOR: what is wrong with the memory, in sentences. */
export function memoryReport(server: Server): string {
  const { memory, config } = server;
  const used = memory.used();
  if (used < TOO_LITTLE) return 'Hardly any data is stored: nothing can be said about the memory yet.\n';
  const found: string[] = [];
  if (memory.peak > used * PEAK_RATIO) {
    found.push(
      `Peak: ${human(memory.peak)} were used once, now ${human(used)}; the process may still hold the rest.`,
    );
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  if (rss > (heapUsed + external) * FRAGMENTED) {
    found.push(`Resident memory: ${human(rss)} for a heap of ${human(heapUsed + external)}.`);
  }
  if (memory.clientBytes > used * BIG_BUFFERS) {
    found.push(
      `Clients: ${human(memory.clientBytes)} wait in their buffers; see CLIENT LIST for who does not read (omem).`,
    );
  }
  const { maxmemory } = config.values;
  if (maxmemory > 0 && used > maxmemory) {
    found.push(`Limit: ${human(used)} are used, maxmemory allows ${human(maxmemory)}.`);
  }
  if (found.length === 0) return 'No problem with the memory was found.\n';
  return `${found.map((one) => `- ${one}`).join('\n')}\n`;
}
