import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { VERSION } from '../core/version.ts';
import { type AofHost, AppendOnlyFile } from './aof/aof.ts';
import type { FsyncPolicy } from './aof/appender.ts';
import { type Disk, REAL_DISK } from './aof/disk.ts';
import { Blocking } from './blocking.ts';
import { propagate, type Resolved } from './call.ts';
import type { Clock } from './clock.ts';
import { CommandError } from './command-error.ts';
import type { Config } from './config/config.ts';
import type { Cron } from './cron.ts';
import { FatalError } from './fatal-error.ts';
import { type LatencyEvent, LatencyMonitor, type MonitorHost } from './latency/monitor.ts';
import { type KeyEvent, Notifications } from './notifications.ts';
import { PubSub } from './pubsub.ts';
import { Session } from './session.ts';
import { SlowLog, type SlowLogHost } from './slowlog.ts';
import { Stats } from './stats.ts';
import { Keyspace, type KeyspaceHost } from './store/keyspace.ts';
import type { Turn } from './turn.ts';
import { Watches } from './watches.ts';

/** The protocol and command set that clients may expect. */
export const REDIS_VERSION = '7.0.15';
export const SERVER_NAME = 'perfcase';
export { VERSION };

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
export class Server implements AofHost, KeyspaceHost, MonitorHost, SlowLogHost {
  readonly config: Config;
  readonly clock: Clock;
  readonly stats = new Stats();
  readonly watches = new Watches();
  readonly blocking = new Blocking();
  readonly pubsub = new PubSub();
  readonly slowlog = new SlowLog(this);
  readonly latencyMonitor = new LatencyMonitor(this);
  readonly aof: AppendOnlyFile;
  readonly sessions = new Map<number, Session>();
  readonly keyspaces: Keyspace[];
  readonly log: (line: string) => void;
  readonly configFile: string;
  readonly startedAt: number;
  /** Different at every start, so that a client can see a restart. */
  readonly runId = randomBytes(20).toString('hex');
  /** Epoch milliseconds. Stands still while a command runs, so that one command sees one moment. */
  now: number;
  readonly notifications = new Notifications(this.pubsub);
  /** The other clock: where the time of the running command is counted from. */
  monotonicNow: number;
  loading = false;
  /** Changes of the data set since the start; a command that raised it is written to the append-only file. */
  dirty = 0;
  /** 0 while no snapshot is open. */
  snapshotEpoch = 0;
  private snapshotCount = 0;
  /** What to write instead of the command that is running; see `propagateAs`. */
  rewritten: (readonly string[])[] | undefined;
  turn: Turn | undefined;
  cron: Cron | undefined;
  /** Set while it listens. */
  port = 0;
  /** Ends the server, for SHUTDOWN. */
  stop: () => void = () => {};
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
    this.monotonicNow = options.clock.monotonic();
    const values = this.config.values;
    this.keyspaces = Array.from({ length: values.databases }, (_, id) => new Keyspace(id, this));
    this.aof = new AppendOnlyFile(
      { directory: path.resolve(values.dir, values.appenddirname), prefix: values.appendfilename },
      options.disk ?? REAL_DISK,
      this,
    );
  }

  // What the append-only file asks of its host.
  get policy(): FsyncPolicy {
    return this.config.values.appendfsync;
  }
  get rewriting(): boolean {
    return this.snapshotEpoch > 0;
  }
  get noSyncWhileRewriting(): boolean {
    return this.config.values['no-appendfsync-on-rewrite'];
  }
  snapshotOpened(): void {
    this.notifications.configure(values['notify-keyspace-events']);
    this.snapshotEpoch = ++this.snapshotCount;
  }
  snapshotClosed(): void {
    this.snapshotEpoch = 0;
  }
  aofGivenUp(reason: string): void {
    this.log(`the append-only file is off: ${reason}`);
    this.config.values.appendonly = false;
  }
  latency(event: LatencyEvent, ms: number): void {
    this.latencyMonitor.sample(event, ms);
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
  get expiring(): boolean {
    return !this.loading;
  }
  keyRead(hit: boolean): void {
    if (hit) this.stats.keyspaceHits++;
    else this.stats.keyspaceMisses++;
  }
  keyChanged(db: Keyspace, key: string, event: KeyEvent): void {
    this.dirty++;
    if (this.watches.active) this.watches.touch(db, key);
  }
  keyAppeared(db: Keyspace, key: string): void {
    this.blocking.keyAppeared(db, key);
  }
  keyExpired(db: Keyspace, key: string): void {
    this.stats.expiredKeys++;
    if (this.watches.active) this.watches.touch(db, key);
    // A file that is replayed later must lose the key at this point too, whatever the clock says then.
    this.aof.append(db.id, ['DEL', key]);
  }

  /** End of a turn. @returns false when replies must not be sent because their commands may be lost */
  flush(): boolean {
    this.aof.flush();
    return !this.failed;
  }

  /** Before a batch of commands. */
  refreshClocks(): void {
    this.now = this.clock.now();
    this.monotonicNow = this.clock.monotonic();
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
    this.slowlog.offer(session, command, args, ms);
  }

  openSession(peer?: Session['peer']): Session {
    const session = new Session(this, this.nextSessionId++, peer);
    if (peer) this.sessions.set(session.id, session);
    return session;
  }

    if (this.notifications.active) this.notifications.send(event, key, db.id);
  }
  keyEvent(db: Keyspace, key: string, event: KeyEvent): void {
    if (this.notifications.active) this.notifications.send(event, key, db.id);
  closeSession(session: Session): void {
    this.watches.forget(session);
    this.pubsub.forget(session);
    this.blocking.forget(session);
    this.sessions.delete(session.id);
  }

  /** Runs what a client waited for, outside of any command, and writes what it changed. */
  runForWaiting<T>(db: Keyspace, run: () => T): T | undefined {
    this.keyEvent(db, key, 'expired');
    const dirtyBefore = this.dirty;
    try {
      return run();
    } catch (error) {
      // The key is of another type: the client goes on waiting.
      if (error instanceof CommandError) return undefined;
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

  /** Why writes must be refused now; undefined when all is well. */
  get writeRefusal(): string | undefined {
    const error = this.aof.status?.writeError ?? this.aof.status?.syncError;
    return error && `MISCONF Errors writing to the AOF file: ${describe(error)}`;
  }
}

/** "No space left on device" out of Node's "ENOSPC: no space left on device, write". */
function describe(error: NodeJS.ErrnoException): string {
  const text = /^\w+: (.*?)(, \w+.*)?$/.exec(error.message)?.[1] ?? error.message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
