import type { Session } from './session.ts';
import type { Keyspace } from './store/keyspace.ts';

export interface Wait {
  readonly db: Keyspace;
  readonly keys: readonly string[];
  /**
   * Tries to take from a key that has just come into being.
   * @returns the reply, or undefined when there is nothing to take for this client
   */
  readonly serve: (key: string) => string | undefined;
  /** The reply when the time is over. */
  readonly timeoutReply: string;
}

interface Waiting extends Wait {
  readonly timer: NodeJS.Timeout | undefined;
}

/** setTimeout cannot wait longer; a client that asked for more waits for ever, which nobody will notice. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Clients that wait for a key (BLPOP and its relatives), in the order in which they came. A client waits only
 * while none of its keys exists, so it is the appearance of a key that wakes somebody; and that is looked at
 * after the command that made it is over, so that a transaction is never interrupted.
 */
export class Blocking {
  private readonly byKey = new Map<string, Set<Session>>();
  private readonly waiting = new Map<Session, Waiting>();
  private readonly ready = new Map<string, { readonly db: Keyspace; readonly key: string }>();

  get clients(): number {
    return this.waiting.size;
  }

  isBlocked(session: Session): boolean {
    return this.waiting.size > 0 && this.waiting.has(session);
  }

  /** @param timeoutMs 0: without end */
  block(session: Session, wait: Wait, timeoutMs: number): void {
    const timed = timeoutMs > 0 && timeoutMs <= LONGEST_MS;
    const timer = timed ? setTimeout(() => this.wake(session, wait.timeoutReply), timeoutMs) : undefined;
    this.waiting.set(session, { ...wait, timer });
    for (const key of wait.keys) {
      const name = nameOf(wait.db, key);
      const sessions = this.byKey.get(name);
      if (sessions) sessions.add(session);
      else this.byKey.set(name, new Set([session]));
    }
  }

  /** A key has come into being. Costs one test while nobody waits. */
  keyAppeared(db: Keyspace, key: string): void {
    if (this.byKey.size === 0) return;
    const name = nameOf(db, key);
    if (this.byKey.has(name)) this.ready.set(name, { db, key });
  }

  /** Other keys are in a database now (SWAPDB): who waits for one of them gets it. */
  contentsChanged(db: Keyspace): void {
    for (const wait of this.waiting.values()) {
      if (wait.db !== db) continue;
      for (const key of wait.keys) if (db.has(key)) this.keyAppeared(db, key);
    }
  }

  /** Serves those who wait for keys that appeared, first come, first served. Serving may make further keys. */
  serveReady(): void {
    while (this.ready.size > 0) {
      const batch = [...this.ready.values()];
      this.ready.clear();
      for (const { db, key } of batch) {
        for (const session of [...(this.byKey.get(nameOf(db, key)) ?? [])]) {
          if (!db.has(key)) break;
          const reply = this.waiting.get(session)?.serve(key);
          if (reply?.startsWith('-')) this.fail(session, reply);
          else if (reply !== undefined) this.wake(session, reply);
        }
      }
    }
  }

  /** Ends a client's waiting with a reply. @returns false when it was not waiting */
  wake(session: Session, reply: string): boolean {
    if (!this.forget(session)) return false;
    session.peer?.send(reply);
    session.peer?.resume();
    return true;
  }

  /** Ends a client's waiting with an error, which counts for the command that waited. */
  fail(session: Session, reply: string): boolean {
    if (!this.wake(session, reply)) return false;
    const { stats } = session.server;
    stats.errorReply(reply);
    const entry = stats.commands.get(session.lastCommand);
    if (entry) entry.failed++;
    return true;
  }

  /** The time is over before its time (CLIENT UNBLOCK). */
  timeOut(session: Session): boolean {
    const wait = this.waiting.get(session);
    return wait !== undefined && this.wake(session, wait.timeoutReply);
  }

  /** The end of a connection. */
  forget(session: Session): boolean {
    const wait = this.waiting.get(session);
    if (!wait) return false;
    clearTimeout(wait.timer);
    this.waiting.delete(session);
    for (const key of wait.keys) {
      const name = nameOf(wait.db, key);
      const sessions = this.byKey.get(name);
      sessions?.delete(session);
      if (sessions?.size === 0) this.byKey.delete(name);
    }
    return true;
  }
}

function nameOf(db: Keyspace, key: string): string {
  return `${db.id}:${key}`;
}
