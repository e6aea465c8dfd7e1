import type { KnownName } from '../config/config.ts';
import type { LatencyEvent } from './monitor.ts';

/** What to do about an event. `directive` is what to change where there is one. */
export interface Advice {
  readonly text: string;
  readonly directive?: KnownName;
}

const SLOW_COMMANDS: Advice = {
  text: 'A command took long. SLOWLOG GET shows which, when it is kept; look for commands that walk whole keys or databases (KEYS, SMEMBERS, large MGET) and ask for less at a time.',
  directive: 'slowlog-log-slower-than',
};
const STARVED: Advice = {
  text: 'A command that always costs little took long, so the process itself was kept from running: look for a busy CPU (run queue, steal, cgroup limit), for swapping, and for a tracer that is attached.',
};
const OFTEN_SYNCED: Advice = {
  text: 'Every turn of the event loop waits for the disk. With appendfsync everysec a crash may lose about one second of writes, and nobody waits.',
  directive: 'appendfsync',
};
const FASTER_DISK: Advice = {
  text: 'The file system answers slowly. Look for other writers with iostat and pidstat -d, or move the append-only file to a disk of its own.',
  directive: 'dir',
};
const FEWER_EXPIRIES: Advice = {
  text: 'Many keys expire at the same moment. Add a random part to their time to live; a lower active-expire-effort spreads the removal over a longer time.',
  directive: 'active-expire-effort',
};
const SMALLER_DATA: Advice = {
  text: 'Copying the tables for a rewrite takes long with this many keys. Rewrite less often, or spread the data over several servers.',
  directive: 'auto-aof-rewrite-percentage',
};

const ROOM: Advice = {
  text: 'Keys are thrown out while clients wait, because the limit of the memory is reached. Raise it, store less, or give keys an expiry so that they go earlier.',
  directive: 'maxmemory',
};
const SMALLER_KEYS: Advice = {
  text: 'Throwing out a single key took long: it was big. Split big collections into several keys; on servers that free memory themselves, lazyfree-lazy-eviction moves that to the background.',
  directive: 'lazyfree-lazy-eviction',
};

/** Never empty for any event: an event without advice would leave the reader where he was. */
const BY_EVENT: Readonly<Record<LatencyEvent, readonly Advice[]>> = {
  command: [SLOW_COMMANDS],
  'fast-command': [STARVED, OFTEN_SYNCED],
  'aof-write': [FASTER_DISK],
  'aof-write-alone': [FASTER_DISK],
  'aof-write-pending-fsync': [
    {
      text: 'A write had to wait for the sync that was still running: the disk cannot keep up with one sync a second.',
      directive: 'appendfsync',
    },
    FASTER_DISK,
  ],
  'aof-write-active-child': [
    {
      text: 'Writes compete with a rewrite that is running. Leave syncs out meanwhile, or rewrite at a quiet time.',
      directive: 'no-appendfsync-on-rewrite',
    },
    FASTER_DISK,
  ],
  'aof-fsync-always': [OFTEN_SYNCED, FASTER_DISK],
  'aof-fstat': [FASTER_DISK],
  'aof-rename': [FASTER_DISK],
  fork: [SMALLER_DATA],
  'rdb-unlink-temp-file': [
    {
      text: 'Removing a large file took long: the file system frees its blocks at once. Move the directory of the data to another file system or disk.',
      directive: 'dir',
    },
  ],
  'eviction-cycle': [ROOM],
  'eviction-del': [SMALLER_KEYS],
  'expire-cycle': [FEWER_EXPIRIES],
  'expire-del': [FEWER_EXPIRIES],
};

/** For an event that only other servers have, or newer ones. */
const UNKNOWN: Advice = {
  text: 'This event is not known here: its name says which code path took long. If such a duration is fine for your users, raise the threshold.',
  directive: 'latency-monitor-threshold',
};

export function adviceFor(event: string): readonly Advice[] {
  return Object.hasOwn(BY_EVENT, event) ? BY_EVENT[event as LatencyEvent] : [UNKNOWN, STARVED];
}
