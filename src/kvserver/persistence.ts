import * as path from 'node:path';
import { type AofHost, AppendOnlyFile } from './aof/aof.ts';
import type { FsyncPolicy } from './aof/appender.ts';
import type { Disk } from './aof/disk.ts';
import type { Clock } from './clock.ts';
import type { LatencyEvent } from './latency/monitor.ts';
import type { EncodeOptions } from './rdb/encode.ts';
import { type SnapshotHost, type SnapshotSettings, Snapshots } from './rdb/snapshots.ts';
import { REDIS_VERSION, type Server } from './server.ts';
import type { AccessClock } from './store/access-clock.ts';
import type { Keyspace } from './store/keyspace.ts';
import { Snapshot } from './store/snapshot.ts';
import type { AggregateValue } from './store/values.ts';

/** What lies on the disk: the append-only file and the snapshot, and what both ask of the server. */
export class Persistence implements AofHost, SnapshotHost {
  readonly aof: AppendOnlyFile;
  readonly snapshots: Snapshots;
  private readonly server: Server;
  private readonly values: Server['config']['values'];
  private snapshot: Snapshot | undefined;
  private snapshotCount = 0;

  constructor(server: Server, disk: Disk) {
    this.server = server;
    const { values } = server.config;
    this.values = values;
    const directory = path.resolve(values.dir, values.appenddirname);
    this.aof = new AppendOnlyFile({ directory, prefix: values.appendfilename }, disk, this);
    this.snapshots = new Snapshots(this);
  }

  get clock(): Clock {
    return this.server.clock;
  }
  get accessClock(): AccessClock {
    return this.server.accessClock;
  }
  get keyspaces(): readonly Keyspace[] {
    return this.server.keyspaces;
  }
  get dirty(): number {
    return this.server.dirty;
  }
  get policy(): FsyncPolicy {
    return this.values.appendfsync;
  }
  get noSyncWhileRewriting(): boolean {
    return this.values['no-appendfsync-on-rewrite'];
  }
  get baseAsRdb(): boolean {
    return this.values['aof-use-rdb-preamble'];
  }
  get compressing(): boolean {
    return this.values.rdbcompression;
  }
  get snapshotSettings(): SnapshotSettings {
    return this.values;
  }
  log(line: string): void {
    this.server.log(line);
  }
  latency(event: LatencyEvent, ms: number): void {
    this.server.latency(event, ms);
  }
  fatal(message: string): void {
    this.server.fatal(message);
  }
  aofGivenUp(reason: string): void {
    this.log(`the append-only file is off: ${reason}`);
    this.values.appendonly = false;
  }

  /** True while a snapshot is open: for BGSAVE or for a rewrite of the append-only file, one at a time. */
  get rewriting(): boolean {
    return this.snapshot !== undefined;
  }
  openSnapshot(): Snapshot {
    if (this.snapshot) throw new Error('two snapshots at a time');
    this.server.snapshotEpoch = ++this.snapshotCount;
    this.snapshot = new Snapshot(this.keyspaces, this.snapshotCount, this.useMatters);
    return this.snapshot;
  }
  closeSnapshot(): void {
    this.server.snapshotEpoch = 0;
    this.snapshot = undefined;
  }
  /** See Keyspace.writable. */
  preserve(value: AggregateValue): void {
    this.snapshot?.preserve(value);
  }

  rdbOptions(aofBase: boolean): Omit<EncodeOptions, 'checksum'> {
    const aux = [
      ['redis-ver', REDIS_VERSION],
      ['redis-bits', '64'],
      ['ctime', String(Math.floor(this.clock.now() / 1000))],
      ['used-mem', String(process.memoryUsage().heapUsed)],
      ['aof-base', aofBase ? '1' : '0'],
    ] as const;
    return { aux, use: this.useMatters ? this.accessClock : undefined };
  }
  /** Whether keys are thrown out by when or how often they were used. */
  private get useMatters(): boolean {
    return /-l[rf]u$/.test(this.values['maxmemory-policy']);
  }

  /** Why writes must be refused now; undefined when all is well. */
  get writeRefusal(): string | undefined {
    const { values } = this;
    if (!this.snapshots.lastSaveOk && values['stop-writes-on-bgsave-error'] && values.save.length > 0) {
      return UNSAVED;
    }
    const error = this.aof.status?.writeError ?? this.aof.status?.syncError;
    return error && `MISCONF Errors writing to the AOF file: ${describe(error)}`;
  }
}

const UNSAVED =
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
  'Commands that may modify the data set are disabled, because this instance is configured to report errors ' +
  'during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs ' +
  'for details about the RDB error.';

/** "No space left on device" out of Node's "ENOSPC: no space left on device, write". */
function describe(error: NodeJS.ErrnoException): string {
  const text = /^\w+: (.*?)(, \w+.*)?$/.exec(error.message)?.[1] ?? error.message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
