import { bulk, push } from './resp/reply.ts';
import type { Session } from './session.ts';
import { globMatch } from './store/glob.ts';

/** Who listens to which channel, and to which pattern of channels. Nothing is stored: who is away misses it. */
export class PubSub {
  private readonly channels = new Map<string, Set<Session>>();
  private readonly patterns = new Map<string, Set<Session>>();

  get channelCount(): number {
    return this.channels.size;
  }
  get patternCount(): number {
    return this.patterns.size;
  }

  subscribe(session: Session, channel: string): void {
    session.channels.add(channel);
    addTo(this.channels, channel, session);
  }

  unsubscribe(session: Session, channel: string): void {
    session.channels.delete(channel);
    removeFrom(this.channels, channel, session);
  }

  subscribePattern(session: Session, pattern: string): void {
    session.patterns.add(pattern);
    addTo(this.patterns, pattern, session);
  }

  unsubscribePattern(session: Session, pattern: string): void {
    session.patterns.delete(pattern);
    removeFrom(this.patterns, pattern, session);
  }

  /** The end of a connection. */
  forget(session: Session): void {
    for (const channel of [...session.channels]) this.unsubscribe(session, channel);
    for (const pattern of [...session.patterns]) this.unsubscribePattern(session, pattern);
  }

  /**
   * Sends a message to everybody who listens; a client that listens in two ways gets it twice.
   * O(N + M), N being the listeners of the channel and M the number of patterns.
   * @returns how many times it was sent
   */
  publish(channel: string, message: string): number {
    let sent = 0;
    for (const session of this.channels.get(channel) ?? []) {
      session.peer?.send(push(session.resp, [bulk('message'), bulk(channel), bulk(message)]));
      sent++;
    }
    for (const [pattern, sessions] of this.patterns) {
      if (!globMatch(pattern, channel)) continue;
      for (const session of sessions) {
        session.peer?.send(
          push(session.resp, [bulk('pmessage'), bulk(pattern), bulk(channel), bulk(message)]),
        );
        sent++;
      }
    }
    return sent;
  }

  /** Channels somebody listens to by name. */
  activeChannels(pattern?: string): string[] {
    const names = [...this.channels.keys()];
    return pattern === undefined ? names : names.filter((name) => globMatch(pattern, name));
  }

  listeners(channel: string): number {
    return this.channels.get(channel)?.size ?? 0;
  }
}

function addTo(table: Map<string, Set<Session>>, name: string, session: Session): void {
  const sessions = table.get(name);
  if (sessions) sessions.add(session);
  else table.set(name, new Set([session]));
}

function removeFrom(table: Map<string, Set<Session>>, name: string, session: Session): void {
  const sessions = table.get(name);
  sessions?.delete(session);
  if (sessions?.size === 0) table.delete(name);
}
