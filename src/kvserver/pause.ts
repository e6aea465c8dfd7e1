import { resolve } from './dispatch.ts';
import { NO_REPLY } from './resp/reply.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';

export type PauseMode = 'all' | 'write';

/** CLIENT PAUSE: requests are kept and run later, so that nothing changes while an operator works. */
export class Pause {
  private mode: PauseMode | undefined;
  /** Epoch milliseconds. */
  private until = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly waiting = new Set<Session>();
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /** Looked at before every request. */
  get active(): boolean {
    return this.mode !== undefined;
  }

  /** A second pause makes the first one longer or stricter, never shorter. */
  start(ms: number, mode: PauseMode): void {
    if (this.mode !== 'all') this.mode = mode;
    this.until = Math.max(this.until, this.server.now + ms);
    clearTimeout(this.timer);
    const left = Math.min(this.until - this.server.now, 2 ** 31 - 1);
    this.timer = setTimeout(() => this.end(), left);
  }

  end(): void {
    clearTimeout(this.timer);
    this.mode = undefined;
    this.until = 0;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const session of waiting) this.server.blocking.wake(session, NO_REPLY);
  }

  /** Makes the session wait when its request may not run now. @returns whether it waits */
  holds(session: Session, request: readonly string[]): boolean {
    if (this.mode === 'write' && !changesData(session, request)) return false;
    this.waiting.add(session);
    const { blocking } = this.server;
    blocking.block(session, { db: session.db, keys: [], serve: () => undefined, timeoutReply: NO_REPLY }, 0);
    return true;
  }

  forget(session: Session): void {
    this.waiting.delete(session);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** Writes, and what tells other clients something. */
function changesData({ multi }: Session, request: readonly string[]): boolean {
  const command = resolve(request);
  if (typeof command === 'string') return false;
  if (command.fullName === 'exec') return multi?.queue.some((one) => one.command.write) === true;
  return command.write || command.fullName === 'publish';
}
