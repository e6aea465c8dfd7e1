import type { Session } from './session.ts';
import type { Keyspace } from './store/keyspace.ts';

/**
 * Who watches which key (WATCH). A change of a watched key marks the sessions that watch it; their next EXEC
 * does nothing. Costs one test for each change while nobody watches anything.
 */
export class Watches {
  private readonly byKey = new Map<string, Set<Session>>();

  get active(): boolean {
    return this.byKey.size > 0;
  }

  watch(session: Session, db: Keyspace, key: string): void {
    const name = nameOf(db, key);
    let watching = this.byKey.get(name);
    if (!watching) {
      watching = new Set();
      this.byKey.set(name, watching);
    }
    if (watching.has(session)) return;
    watching.add(session);
    session.watched.push({ db, key });
  }

  /** UNWATCH, and the end of a transaction or a connection. */
  forget(session: Session): void {
    for (const { db, key } of session.watched) {
      const name = nameOf(db, key);
      const watching = this.byKey.get(name);
      watching?.delete(session);
      if (watching?.size === 0) this.byKey.delete(name);
    }
    session.watched.length = 0;
    session.watchBroken = false;
  }

  touch(db: Keyspace, key: string): void {
    for (const session of this.byKey.get(nameOf(db, key)) ?? []) session.watchBroken = true;
  }

  /**
   * Before SWAPDB: a watched key changes when it is in either database. One whose time has come is in neither,
   * so it goes first.
   */
  touchBoth(a: Keyspace, b: Keyspace): void {
    for (const watching of this.byKey.values()) {
      for (const session of watching) {
        for (const { db, key } of session.watched) {
          if (db !== a && db !== b) continue;
          const holding = [a, b].filter((one) => one.has(key));
          if (holding.length > 0) session.watchBroken = true;
        }
      }
    }
  }

  /** Before a database is emptied: every watched key that is in it is about to change. */
  touchAll(db: Keyspace): void {
    for (const watching of this.byKey.values()) {
      for (const session of watching) {
        if (session.watched.some((one) => one.db === db && db.table.has(one.key))) session.watchBroken = true;
      }
    }
  }
}

function nameOf(db: Keyspace, key: string): string {
  return `${db.id}:${key}`;
}
