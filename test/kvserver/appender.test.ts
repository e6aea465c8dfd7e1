import { describe, expect, it } from 'vitest';
import { Appender, type FsyncPolicy } from '../../src/kvserver/aof/appender.ts';
import type { Disk } from '../../src/kvserver/aof/disk.ts';
import { FakeClock } from './harness.ts';

/** A disk in memory that notes every call and fails when told to. */
class FakeDisk implements Disk {
  content = '';
  calls: string[] = [];
  /** Bytes the next writes may take before the disk is full. */
  room = Number.POSITIVE_INFINITY;
  syncFails = false;
  later: ((error: NodeJS.ErrnoException | null) => void) | undefined;

  open(): number {
    return 3;
  }
  size(): number {
    return this.content.length;
  }
  write(_fd: number, bytes: Buffer | string): number {
    const text = bytes.toString('latin1' as never);
    this.calls.push(`write ${text.length}`);
    if (this.room === 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const taken = text.slice(0, this.room);
    this.room -= taken.length;
    this.content += taken;
    return taken.length;
  }
  datasync(): void {
    this.calls.push('datasync');
    if (this.syncFails) throw new Error('EIO: i/o error, fdatasync');
  }
  datasyncLater(_fd: number, done: (error: NodeJS.ErrnoException | null) => void): void {
    this.calls.push('datasync later');
    this.later = done;
  }
  truncate(_fd: number, length: number): void {
    this.calls.push(`truncate ${length}`);
    this.content = this.content.slice(0, length);
  }
  close(): void {
    this.calls.push('close');
  }
}

function setUp(policy: FsyncPolicy) {
  const disk = new FakeDisk();
  const clock = new FakeClock();
  const fatal: string[] = [];
  const events: string[] = [];
  const host = {
    clock,
    policy,
    rewriting: false,
    noSyncWhileRewriting: false,
    latency: (event: string) => events.push(event),
    log: () => {},
    fatal: (message: string) => fatal.push(message),
  };
  return { disk, clock, fatal, events, host, appender: new Appender(disk, '/x', host) };
}

describe('appendfsync always', () => {
  it('writes and syncs once for everything that was appended in a turn', () => {
    const { disk, appender } = setUp('always');
    appender.append('one');
    appender.append('two');
    appender.flush();
    expect(disk.calls).toEqual(['write 6', 'datasync']);
    appender.flush();
    expect(disk.calls).toHaveLength(2);
  });

  it('stops the server when a write or a sync fails', () => {
    const full = setUp('always');
    full.disk.room = 0;
    full.appender.append('x');
    full.appender.flush();
    expect(full.fatal[0]).toContain('no space left');
    const broken = setUp('always');
    broken.disk.syncFails = true;
    broken.appender.append('x');
    broken.appender.flush();
    expect(broken.fatal[0]).toContain('i/o error');
  });
});

describe('appendfsync everysec', () => {
  it('syncs in the background, at most once a second', () => {
    const { disk, clock, appender } = setUp('everysec');
    appender.append('a');
    appender.flush();
    expect(disk.calls).toEqual(['write 1']);
    clock.advance(1000);
    appender.flush();
    expect(disk.calls).toEqual(['write 1', 'datasync later']);
    disk.later!(null);
    clock.advance(5000);
    appender.flush();
    expect(disk.calls).toHaveLength(2);
  });

  it('puts a write off while a sync runs, for two seconds', () => {
    const { disk, clock, events, appender } = setUp('everysec');
    appender.append('a');
    appender.flush();
    clock.advance(1000);
    appender.flush();
    appender.append('bb');
    appender.flush();
    clock.advance(1999);
    appender.flush();
    expect(disk.content).toBe('a');
    clock.advance(1);
    appender.flush();
    expect(disk.content).toBe('abb');
    expect(appender.delayedFsync).toBe(1);
    expect(events).toContain('aof-write-pending-fsync');
  });

  it('syncs what came while a sync ran', () => {
    const { disk, clock, appender } = setUp('everysec');
    appender.append('a');
    clock.advance(1000);
    appender.flush();
    appender.append('b');
    appender.flush(true);
    disk.later!(null);
    clock.advance(1000);
    appender.flush();
    expect(disk.calls.filter((call) => call === 'datasync later')).toHaveLength(2);
  });

  it('keeps half a write out of the file and tries again', () => {
    const { disk, fatal, appender } = setUp('everysec');
    appender.append('first');
    appender.flush();
    disk.room = 3;
    appender.append('second');
    expect(appender.flush()).toBe(false);
    expect(disk.content).toBe('first');
    expect(appender.writeError?.code).toBe('ENOSPC');
    expect(fatal).toEqual([]);
    disk.room = 100;
    appender.append('third');
    expect(appender.flush()).toBe(true);
    expect(appender.writeError).toBeUndefined();
    expect(disk.content).toBe('firstsecondthird');
  });

  it('remembers that a background sync failed until one succeeds', () => {
    const { disk, clock, appender } = setUp('everysec');
    appender.append('a');
    clock.advance(1000);
    appender.flush();
    disk.later!(new Error('EIO: i/o error, fdatasync'));
    expect(appender.syncError?.message).toContain('EIO');
    clock.advance(1000);
    appender.flush();
    disk.later!(null);
    expect(appender.syncError).toBeUndefined();
  });
});

describe('appendfsync no', () => {
  it('never syncs, but for the end', () => {
    const { disk, clock, appender } = setUp('no');
    appender.append('a');
    appender.flush();
    clock.advance(10_000);
    appender.flush();
    expect(disk.calls).toEqual(['write 1']);
    appender.close();
    expect(disk.calls).toEqual(['write 1', 'datasync', 'close']);
  });
});
