import type { Server } from '../server.ts';
import type { Fields } from './sections.ts';

/** Snapshots and the append-only file. A child process's memory, which other servers show, does not arise here. */
export function persistenceFields(server: Server): Fields {
  const { aof, snapshots } = server;
  const { progress } = snapshots;
  return {
    loading: server.loading ? 1 : 0,
    async_loading: 0,
    current_save_keys_processed: progress.done,
    current_save_keys_total: progress.total,
    rdb_changes_since_last_save: snapshots.changesSinceSave,
    rdb_bgsave_in_progress: snapshots.savingMs === undefined ? 0 : 1,
    rdb_last_save_time: Math.floor(snapshots.lastSaveAt / 1000),
    rdb_last_bgsave_status: snapshots.lastSaveOk ? 'ok' : 'err',
    rdb_last_bgsave_time_sec: seconds(snapshots.lastSaveMs),
    rdb_current_bgsave_time_sec: seconds(snapshots.savingMs),
    rdb_saves: snapshots.saves,
    rdb_last_load_keys_expired: snapshots.keysExpiredAtLoad,
    rdb_last_load_keys_loaded: snapshots.keysLoaded,
    aof_enabled: aof.open ? 1 : 0,
    aof_rewrite_in_progress: aof.rewritingMs === undefined ? 0 : 1,
    aof_rewrite_scheduled: aof.rewriteScheduled ? 1 : 0,
    aof_last_rewrite_time_sec: seconds(aof.lastRewriteMs),
    aof_current_rewrite_time_sec: seconds(aof.rewritingMs),
    aof_last_bgrewrite_status: aof.lastRewriteOk ? 'ok' : 'err',
    aof_rewrites: aof.rewrites,
    aof_rewrites_consecutive_failures: aof.rewriteFailures,
    aof_last_write_status: aof.status?.writeError || aof.status?.syncError ? 'err' : 'ok',
    ...openFileFields(server),
  };
}

function openFileFields({ aof }: Server): Fields {
  const { status } = aof;
  if (!status) return {};
  return {
    aof_current_size: aof.totalSize,
    aof_base_size: aof.baseSize,
    aof_pending_rewrite: 0,
    aof_buffer_length: status.bufferLength,
    aof_pending_bio_fsync: status.pendingSync ? 1 : 0,
    aof_delayed_fsync: status.delayedFsync,
  };
}

/** -1: never, or not now. */
function seconds(ms: number | undefined): number {
  return ms === undefined ? -1 : Math.floor(ms / 1000);
}
