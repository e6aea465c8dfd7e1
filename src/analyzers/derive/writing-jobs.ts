import type { SyscallObservation } from '../../core/observation.ts';
import { isFork } from './server-calls.ts';

/** A time in which a copy of all data was written: a snapshot, or a rewrite of the append-only log. */
export interface WritingJob {
  /** Undefined where the log does not show which of the two. */
  kind: 'snapshot' | 'rewrite' | undefined;
  /** The child that writes; absent where threads of the server do. */
  readonly child?: number;
  /** Microseconds on the log's clock; absent where it had begun before the log did, or not ended in it. */
  readonly fromUs?: number;
  untilUs?: number;
  /** Calls that show it: the fork, the file, the end. */
  readonly calls: SyscallObservation[];
}

/** Names of the files while they are being written, in Redis, its relatives and the bundled server. */
const REWRITE_FILE = /\btemp-rewriteaof-[^/"]*"/;
const SNAPSHOT_FILE = /\btemp-[^/"]*\.rdb"/;

/**
 * Notices snapshots and rewrites by what they leave in the log of calls: a fork, a file of a temporary name, a child
 * that is asked for and reaped. Servers of the Redis family ask for their child ten times a second and have one at a
 * time.
 */
export class WritingJobs {
  readonly all: WritingJob[] = [];
  private open: WritingJob | undefined;
  /** The child that was reaped last: what is renamed then says what it wrote. */
  private reaped: WritingJob | undefined;

  /** @param ofTarget whether a thread of the traced server made the call, not its child */
  call(call: SyscallObservation, ofTarget: boolean): void {
    const { name, result, args } = call;
    if (result === undefined || result < 0) return;
    if (ofTarget && isFork(call)) this.begin(call, result);
    else if (ofTarget && (name === 'wait4' || name === 'waitid')) this.asked(call, result);
    else if (/^(?:open|creat|rename)/.test(name)) {
      const kind = REWRITE_FILE.test(args) ? 'rewrite' : SNAPSHOT_FILE.test(args) ? 'snapshot' : undefined;
      if (kind) this.file(call, kind, ofTarget);
    }
  }

  /** Calls are missing from here on. */
  gap(atUs: number | undefined): void {
    if (this.open && atUs !== undefined) this.open.untilUs = atUs;
    this.open = undefined;
    this.reaped = undefined;
  }

  private begin(call: SyscallObservation, child?: number, kind?: WritingJob['kind']): void {
    this.open = {
      ...{ kind, calls: [call] },
      ...(child === undefined ? {} : { child }),
      ...(call.startUs === undefined ? {} : { fromUs: call.startUs }),
    };
    this.all.push(this.open);
  }

  private asked(call: SyscallObservation, child: number): void {
    // It was there before the log began.
    if (!this.open) {
      this.open = { kind: undefined, calls: [call] };
      this.all.push(this.open);
    }
    if (child === 0) return;
    const job = this.open;
    this.open = undefined;
    this.reaped = job;
    job.calls.push(call);
    if (call.startUs !== undefined) job.untilUs = call.startUs;
  }

  private file(call: SyscallObservation, kind: 'snapshot' | 'rewrite', ofTarget: boolean): void {
    const isRename = call.name.startsWith('rename');
    if (this.open) {
      this.open.kind ??= kind;
      if (this.open.calls.length < 2) this.open.calls.push(call);
      // Without a child, the file is whole when it gets its name.
      const isOwn = this.open.child === undefined && this.open.fromUs !== undefined;
      if (!isRename || !ofTarget || !isOwn) return;
      if (call.startUs !== undefined) this.open.untilUs = call.startUs;
      this.open = undefined;
    } else if (isRename) {
      if (this.reaped) this.reaped.kind ??= kind;
    } else if (ofTarget) this.begin(call, undefined, kind);
  }
}
