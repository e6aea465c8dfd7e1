import { bulk, push } from './resp/reply.ts';
import type { Session } from './session.ts';
import { globMatch } from './store/glob.ts';

/**
 * What a client can listen to: channels, patterns of channels, and shard channels, which are channels of a name
 * space of their own (in a cluster only one node's clients hear them).
 */
export type Listening = 'channels' | 'patterns' | 'shardChannels';
const KINDS: readonly Listening[] = ['channels', 'patterns', 'shardChannels'];

/** Who listens to what. Nothing is stored: who is away misses it. */
export class PubSub {
  private readonly tables: Readonly<Record<Listening, Map<string, Set<Session>>>> = {
    channels: new Map(),
    patterns: new Map(),
    shardChannels: new Map(),
  };

  /** How many names of a kind somebody listens to. */
  count(kind: Listening): number {
    return this.tables[kind].size;
  }

  subscribe(session: Session, kind: Listening, name: string): void {
    session[kind].add(name);
    const sessions = this.tables[kind].get(name);
    if (sessions) sessions.add(session);
    else this.tables[kind].set(name, new Set([session]));
  }

  unsubscribe(session: Session, kind: Listening, name: string): void {
    session[kind].delete(name);
    const sessions = this.tables[kind].get(name);
    sessions?.delete(session);
    if (sessions?.size === 0) this.tables[kind].delete(name);
  }

  /** The end of a connection. */
  forget(session: Session): void {
    for (const kind of KINDS) for (const name of [...session[kind]]) this.unsubscribe(session, kind, name);
  }

  /**
   * Sends a message to everybody who listens; a client that listens in two ways gets it twice.
   * O(N + M), N being the listeners of the channel and M the number of patterns.
   * @returns how many times it was sent
   */
  publish(channel: string, message: string): number {
    let sent = this.send('channels', channel, ['message', channel, message]);
    for (const pattern of this.tables.patterns.keys()) {
      if (!globMatch(pattern, channel)) continue;
      sent += this.send('patterns', pattern, ['pmessage', pattern, channel, message]);
    }
    return sent;
  }

  /** The same for a shard channel, which no pattern matches. */
  publishShard(channel: string, message: string): number {
    return this.send('shardChannels', channel, ['smessage', channel, message]);
  }

  private send(kind: Listening, name: string, words: readonly string[]): number {
    const sessions = this.tables[kind].get(name);
    if (!sessions) return 0;
    const items = words.map(bulk);
    for (const session of sessions) session.peer?.send(push(session.resp, items));
    return sessions.size;
  }

  /** Channels somebody listens to by name. */
  active(kind: Listening, pattern?: string): string[] {
    const names = [...this.tables[kind].keys()];
    return pattern === undefined ? names : names.filter((name) => globMatch(pattern, name));
  }

  listeners(kind: Listening, name: string): number {
    return this.tables[kind].get(name)?.size ?? 0;
  }
}
