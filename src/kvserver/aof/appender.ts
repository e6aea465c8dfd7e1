import type { Clock } from '../clock.ts';
import type { LatencyEvent } from '../latency/monitor.ts';
import { AppendBuffer } from './append-buffer.ts';
import type { Disk } from './disk.ts';

export type FsyncPolicy = 'always' | 'everysec' | 'no';

export interface AppenderHost {
  readonly clock: Clock;
  readonly policy: FsyncPolicy;
  /** A rewrite runs in the background. */
  readonly rewriting: boolean;
  /** The directive no-appendfsync-on-rewrite. */
  readonly noSyncWhileRewriting: boolean;
  /** A path of the code that may have kept the loop waiting. */
  latency(event: LatencyEvent, ms: number): void;
  log(line: string): void;
  /** Under `always` a failed write or sync cannot be taken back: the server must stop. */
  fatal(message: string): void;
}

/** Under `everysec`, how long a write waits for a running sync before it is done anyway. */
const POSTPONE_MS = 2000;
const SYNC_EVERY_MS = 1000;

/**
 * Writes the open increment of the append-only file. Commands append to a buffer; `flush`, called once at the
 * end of an event-loop turn before the replies of that turn, writes it with one system call and syncs as the
 * policy says:
 *
 * - always: one fdatasync here and now, for all commands of the turn together (group commit);
 * - everysec: one fdatasync a second from another thread. While it runs, writes are put off for up to two
 *   seconds, because the kernel would make a write to the same file wait for it;
 * - no: never; the kernel writes when it likes.
 *
 * Source: the documentation of the directive appendfsync.
 */
export class Appender {
  private readonly disk: Disk;
  private readonly host: AppenderHost;
  private fd: number;
  private readonly buffer = new AppendBuffer();
  private written: number;
  private synced: number;
  private lastSyncAt: number;
  private syncing = false;
  private postponedSince: number | undefined;
  /** The last failure of a write or of a background sync; undefined when all is well. */
  writeError: NodeJS.ErrnoException | undefined;
  syncError: NodeJS.ErrnoException | undefined;
  /** Writes that had to go ahead although a sync was running. */
  delayedFsync = 0;

  constructor(disk: Disk, path: string, host: AppenderHost) {
    this.disk = disk;
    this.host = host;
    this.fd = disk.open(path);
    this.written = disk.size(this.fd);
    this.synced = this.written;
    this.lastSyncAt = host.clock.monotonic();
  }

  /** Bytes in the file. */
  get size(): number {
    return this.written;
  }
  get bufferLength(): number {
    return this.buffer.length;
  }
  get pendingSync(): boolean {
    return this.syncing;
  }

  append(text: string): void {
    this.buffer.add(text);
  }

  /**
   * @param force writes even while a sync is running (shutdown, change of policy)
   * @returns false when the bytes are still in the buffer because of an error
   */
  flush(force = false): boolean {
    if (this.buffer.length === 0) {
      if (this.written > this.synced) this.sync();
      return true;
    }
    if (this.host.policy === 'everysec' && !force && this.syncing && this.postpone()) return true;
    this.postponedSince = undefined;
    if (!this.write()) return false;
    this.sync();
    return true;
  }

  /** Writes and syncs everything, whatever the policy. */
  flushAndSync(): void {
    if (!this.flush(true) || this.written === this.synced) return;
    try {
      this.disk.datasync(this.fd);
      this.synced = this.written;
    } catch (error) {
      this.host.log(`cannot sync the append-only file: ${(error as Error).message}`);
    }
  }

  /**
   * Another file takes over: what is buffered is written here, and synced from another thread unless the policy
   * is to do that at once.
   */
  retire(): void {
    this.flush(true);
    if (this.host.policy === 'no' || this.written === this.synced) {
      this.disk.close(this.fd);
      return;
    }
    const fd = this.fd;
    this.disk.datasyncLater(fd, (error) => {
      if (error) this.host.log(`background fsync failed: ${error.message}`);
      this.disk.close(fd);
    });
  }

  close(): void {
    this.flushAndSync();
    this.disk.close(this.fd);
  }

  /** @returns true when the write shall wait */
  private postpone(): boolean {
    const now = this.host.clock.monotonic();
    this.postponedSince ??= now;
    if (now - this.postponedSince < POSTPONE_MS) return true;
    this.delayedFsync++;
    this.host.log(
      'the background fsync has run for two seconds; writing anyway, which may stall. Is the disk busy?',
    );
    return false;
  }

  private write(): boolean {
    const { disk, host } = this;
    const started = host.clock.monotonic();
    const wanted = this.buffer.length;
    let done = 0;
    let error: NodeJS.ErrnoException | undefined;
    try {
      for (const chunk of this.buffer.chunks()) {
        let part = 0;
        while (part < chunk.length) {
          const more = disk.write(this.fd, part === 0 ? chunk : chunk.subarray(part));
          part += more;
          done += more;
        }
      }
    } catch (thrown) {
      error = thrown as NodeJS.ErrnoException;
    }
    const ms = host.clock.monotonic() - started;
    host.latency(this.situation(), ms);
    host.latency('aof-write', ms);
    if (error) return this.writeFailed(error, done);
    this.written += wanted;
    this.buffer.clear();
    if (this.writeError) host.log('the append-only file can be written again');
    this.writeError = undefined;
    return true;
  }

  private situation(): LatencyEvent {
    if (this.syncing) return 'aof-write-pending-fsync';
    return this.host.rewriting ? 'aof-write-active-child' : 'aof-write-alone';
  }

  /** Half a command must not stay in the file: it is cut back to the last whole one, and tried again later. */
  private writeFailed(error: NodeJS.ErrnoException, done: number): boolean {
    if (done > 0) {
      try {
        this.disk.truncate(this.fd, this.written);
      } catch {
        // What is in the file stays there, so it must not be written a second time.
        this.written += done;
        this.buffer.drop(done);
      }
    }
    if (this.host.policy === 'always') {
      this.host.fatal(
        `Can't recover from AOF write error when the AOF fsync policy is 'always': ${error.message}`,
      );
      return false;
    }
    if (!this.writeError)
      this.host.log(`cannot write the append-only file: ${error.message}; writes are refused`);
    this.writeError = error;
    return false;
  }

  private sync(): void {
    const { disk, host } = this;
    if (host.rewriting && host.noSyncWhileRewriting) return;
    const now = host.clock.monotonic();
    if (host.policy === 'always') {
      try {
        disk.datasync(this.fd);
      } catch (error) {
        host.fatal(
          `Can't persist AOF for fsync error when the AOF fsync policy is 'always': ${(error as Error).message}`,
        );
        return;
      }
      host.latency('aof-fsync-always', host.clock.monotonic() - now);
      this.synced = this.written;
      this.lastSyncAt = now;
    } else if (host.policy === 'everysec' && !this.syncing && now - this.lastSyncAt >= SYNC_EVERY_MS) {
      this.syncInBackground(now);
    }
  }

  private syncInBackground(now: number): void {
    const upTo = this.written;
    this.syncing = true;
    this.lastSyncAt = now;
    this.disk.datasyncLater(this.fd, (error) => {
      this.syncing = false;
      if (error && !this.syncError) this.host.log(`background fsync failed: ${error.message}`);
      this.syncError = error ?? undefined;
      if (!error) this.synced = Math.max(this.synced, upTo);
    });
  }
}
