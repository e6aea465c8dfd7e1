import { randomBytes } from 'node:crypto';
import { VERSION } from '../core/version.ts';
import type { AppendOnlyFile } from './aof/aof.ts';
import { type Disk, REAL_DISK } from './aof/disk.ts';
import { Blocking } from './blocking.ts';
import { propagate, type Resolved } from './call.ts';
import type { Clock } from './clock.ts';
import { CommandError } from './command-error.ts';
import type { Config } from './config/config.ts';
import { applyEffect } from './config/effects.ts';
import type { Cron } from './cron.ts';
import { Eviction } from './eviction.ts';
import { FatalError } from './fatal-error.ts';
import { Faults } from './faults.ts';
import { type LatencyEvent, LatencyMonitor, type MonitorHost } from './latency/monitor.ts';
import { Memory } from './memory.ts';
import { Monitors } from './monitors.ts';
import { type KeyEvent, Notifications } from './notifications.ts';
import { Pause } from './pause.ts';
import { Persistence } from './persistence.ts';
import { PubSub } from './pubsub.ts';
import type { Snapshots } from './rdb/snapshots.ts';
import { error as errorReply } from './resp/reply.ts';
import { Session } from './session.ts';
import { SlowLog, type SlowLogHost } from './slowlog.ts';
import { Stats } from './stats.ts';
import { AccessClock } from './store/access-clock.ts';
import { Keyspace, type KeyspaceHost } from './store/keyspace.ts';
import type { AggregateValue } from './store/values.ts';
import type { Turn } from './turn.ts';
import { Watches } from './watches.ts';

/** The protocol and command set that clients may expect. */
export const REDIS_VERSION = '7.0.15';
export const SERVER_NAME = 'perfcase';
export { VERSION };

/** How the server shall end. */
export interface Shutdown {
  /** Whether to write a snapshot first; undefined leaves it to the save rules. */
  readonly save?: boolean;
  /** Ends also when what is in memory cannot be saved. */
  readonly force?: boolean;
}

export interface ServerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log?: (line: string) => void;
  /** The server cannot keep its promises any more and has stopped. */
  readonly onFatal?: (error: FatalError) => void;
  readonly disk?: Disk;
  /** The redis.conf that was read, for INFO. */
  readonly configFile?: string;
}

/** The state that commands work on: databases, clients, statistics, the append-only file. No sockets here. */
export class Server implements KeyspaceHost, MonitorHost, SlowLogHost {
  readonly config: Config;
  readonly clock: Clock;
  readonly stats = new Stats();
  readonly watches = new Watches();
  readonly blocking = new Blocking();
  readonly pubsub = new PubSub();
  readonly notifications = new Notifications(this.pubsub);
  readonly slowlog = new SlowLog(this);
  readonly memory = new Memory(this);
  readonly eviction = new Eviction(this);
  readonly faults: Faults;
  readonly pause = new Pause(this);
  readonly monitors = new Monitors();
  readonly latencyMonitor = new LatencyMonitor(this);
  readonly accessClock = new AccessClock();
  readonly persistence: Persistence;
  readonly aof: AppendOnlyFile;
  readonly snapshots: Snapshots;
  readonly sessions = new Map<number, Session>();
  readonly keyspaces: Keyspace[];
  readonly log: (line: string) => void;
  readonly configFile: string;
  readonly startedAt: number;
  /** Different at every start, so that a client can see a restart. */
  readonly runId = randomBytes(20).toString('hex');
  replicationId = randomBytes(20).toString('hex');
  /** False when keys expire only as they are asked for (DEBUG SET-ACTIVE-EXPIRE 0). */
  activeExpire = true;
  /** Epoch milliseconds. Stands still while a command runs, so that one command sees one moment. */
  now: number;
  /** The other clock: where the time of the running command is counted from. */
  monotonicNow: number;
  loading = false;
  /** Changes of the data set since the start; a command that raised it is written to the append-only file. */
  dirty = 0;
  /** The number of the snapshot that is open (see Persistence); 0 while none is. */
  snapshotEpoch = 0;
  /** What to write instead of the command that is running; see `propagateAs`. */
  rewritten: (readonly string[])[] | undefined;
  turn: Turn | undefined;
  cron: Cron | undefined;
  /** Set while it listens. */
  port = 0;
  /** Ends the server. @returns why it goes on nevertheless, or nothing */
  shutdown: (how: Shutdown) => string | undefined = () => undefined;
  /** A promise was broken (see `fatal`): nothing is answered any more. */
  private failed = false;
  private readonly onFatal: (error: FatalError) => void;
  private nextSessionId = 1;

  constructor(options: ServerOptions) {
    this.config = options.config;
    this.clock = options.clock;
    this.log = options.log ?? (() => {});
    this.configFile = options.configFile ?? '';
    this.onFatal = options.onFatal ?? (() => {});
    this.startedAt = options.clock.now();
    this.now = this.startedAt;
    this.accessClock.seconds = Math.floor(this.now / 1000);
    this.monotonicNow = options.clock.monotonic();
    const values = this.config.values;
    this.notifications.configure(values['notify-keyspace-events']);
    this.faults = new Faults(this);
    this.keyspaces = Array.from({ length: values.databases }, (_, id) => new Keyspace(id, this));
    this.configureEviction();
    this.persistence = new Persistence(this, options.disk ?? REAL_DISK);
    this.aof = this.persistence.aof;
    this.snapshots = this.persistence.snapshots;
  }

  latency(event: LatencyEvent, ms: number): void {
    this.latencyMonitor.sample(event, ms);
  }
  /** 0 while the monitor is off: then no clock is read. */
  timerStart(): number {
    return this.latencyThreshold === 0 ? 0 : this.clock.monotonic();
  }
  timerEnd(event: LatencyEvent, started: number): void {
    if (started > 0) this.latency(event, this.clock.monotonic() - started);
  }
  fatal(message: string): void {
    if (this.failed) return;
    this.failed = true;
    this.log(message);
    this.onFatal(new FatalError(message));
  }

  /** Something threw that must not: one line for the log. @returns what to answer */
  defect(where: string, thrown: unknown): string {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    this.log(`internal error in ${where}: ${text.split('\n', 1)[0]}`);
    return 'ERR internal error';
  }

  // What the latency monitor asks of its host.
  get latencyThreshold(): number {
    return this.config.values['latency-monitor-threshold'];
  }
  wallClock(): number {
    return this.clock.now();
  }

  // What the slow log asks of its host.
  get slowlogThresholdUs(): number {
    return this.config.values['slowlog-log-slower-than'];
  }
  get slowlogMaxLength(): number {
    return this.config.values['slowlog-max-len'];
  }

  // What a keyspace asks of its host.
  get expiryHeld(): boolean {
    return this.pause.active;
  }
  get expiring(): boolean {
    return !this.loading;
  }
  preserve(value: AggregateValue): void {
    this.persistence.preserve(value);
  }
  keyRead(hit: boolean): void {
    if (hit) this.stats.keyspaceHits++;
    else this.stats.keyspaceMisses++;
  }
  keyChanged(db: Keyspace, key: string, event: KeyEvent): void {
    this.dirty++;
    if (this.watches.active) this.watches.touch(db, key);
    if (this.notifications.active) this.notifications.send(event, key, db.id);
  }
  keyEvent(db: Keyspace, key: string, event: KeyEvent): void {
    if (this.notifications.active) this.notifications.send(event, key, db.id);
  }
  keyAppeared(db: Keyspace, key: string): void {
    this.blocking.keyAppeared(db, key);
  }
  /** When a key really expires that was given this moment. */
  expiryMoment(atMs: number): number {
    return this.faults.expiryMoment(atMs);
  }
  keyExpired(db: Keyspace, key: string): void {
    this.stats.expiredKeys++;
    if (this.watches.active) this.watches.touch(db, key);
    // A file that is replayed later must lose the key at this point too, whatever the clock says then.
    this.aof.append(db.id, ['DEL', key]);
    this.keyEvent(db, key, 'expired');
  }

  /** Thrown out to make room. */
  keyEvicted(db: Keyspace, key: string): void {
    this.stats.evictedKeys++;
    if (this.watches.active) this.watches.touch(db, key);
    this.aof.append(db.id, ['DEL', key]);
    this.keyEvent(db, key, 'evicted');
  }

  /** After a directive of the eviction has changed, and at the start. */
  configureEviction(): void {
    const { values } = this.config;
    const lfu = values['maxmemory-policy'].endsWith('lfu');
    const switched = lfu !== this.accessClock.lfu;
    this.accessClock.lfu = lfu;
    this.accessClock.logFactor = values['lfu-log-factor'];
    this.accessClock.decayMinutes = values['lfu-decay-time'];
    if (switched) for (const db of this.keyspaces) db.table.forgetUse();
  }

  /** End of a turn. @returns false when replies must not be sent because their commands may be lost */
  flush(): boolean {
    this.aof.flush();
    return !this.failed;
  }

  /** Before a batch of commands. */
  refreshClocks(): void {
    this.now = this.clock.now();
    this.accessClock.seconds = Math.floor(this.now / 1000);
    this.monotonicNow = this.clock.monotonic();
  }

  /** Sets the password of the default user; the empty one lets everybody in. */
  setPassword(password: string): void {
    this.config.apply({ name: 'requirepass', value: password });
    applyEffect(this, 'requirepass');
  }

  changeReplicationId(): void {
    this.replicationId = randomBytes(20).toString('hex');
  }

  /**
   * After each command. The next command of the batch is counted from here on, so that each reads one clock
   * once; the wall clock is read again only when the command was slow enough to matter.
   */
  commandEnded(): number {
    const before = this.monotonicNow;
    this.monotonicNow = this.clock.monotonic();
    if (this.monotonicNow - before >= 1) this.now = this.clock.now();
    return this.monotonicNow;
  }

  /** A command has run: whoever looks for slow ones is told. */
  commandDone(session: Session, command: Resolved, args: readonly string[], ms: number): void {
    this.latencyMonitor.sample(command.event, ms);
    // Who waits has not done anything yet.
    if (!this.blocking.isBlocked(session)) this.slowlog.offer(session, command, args, ms);
  }

  openSession(peer?: Session['peer']): Session {
    const session = new Session(this, this.nextSessionId++, peer);
    if (peer) this.sessions.set(session.id, session);
    return session;
  }

  closeSession(session: Session): void {
    this.watches.forget(session);
    this.pubsub.forget(session);
    this.blocking.forget(session);
    this.monitors.remove(session);
    this.pause.forget(session);
    this.memory.forgetClient(session);
    this.sessions.delete(session.id);
  }

  /** Runs what a client waited for, outside of any command, and writes what it changed. @returns its reply */
  runForWaiting(db: Keyspace, run: () => string | undefined): string | undefined {
    const dirtyBefore = this.dirty;
    try {
      return run();
    } catch (error) {
      if (error instanceof CommandError) return errorReply(error.message);
      throw error;
    } finally {
      if (this.dirty !== dirtyBefore) propagate(this, db.id, []);
      this.rewritten = undefined;
    }
  }

  /**
   * Called by a command that must be written differently from how it was sent, because it would not do the same
   * thing again: a relative expiry, a random choice. Each call adds one command.
   */
  propagateAs(request: readonly string[]): void {
    this.rewritten ??= [];
    this.rewritten.push(request);
  }
}
