import type { Resolved } from './call.ts';
import type { Resp } from './resp/reply.ts';
import type { Server } from './server.ts';
import type { Keyspace } from './store/keyspace.ts';

/** The connection behind a session. Absent for a file that is loaded. */
export interface Peer {
  /** "127.0.0.1:41322", as CLIENT LIST shows it. */
  readonly address: string;
  readonly localAddress: string;
  readonly fd: number;
  /** Bytes of requests that are kept: read together with the one that runs, or unfinished. */
  readonly queryBuffer: number;
  /** Bytes of the arguments that have come of an unfinished request. */
  readonly argumentBytes: number;
  /** Bytes of replies that the client has not taken yet. */
  readonly outputBuffer: number;
  /** Ends the connection if the client leaves too much unread for too long. */
  checkOutput(): void;
  /** Queues bytes for the end of the event-loop turn. */
  send(text: string): void;
  /** Goes on with requests that came while the client was waiting. */
  resume(): void;
  /** Ends the connection, after the queued replies when `afterReplies`. */
  close(afterReplies: boolean): void;
}

export interface Transaction {
  readonly queue: { readonly command: Resolved; readonly args: readonly string[] }[];
  /** A command was refused: EXEC will refuse the rest. */
  broken: boolean;
}

/** The state of one client's conversation: the database it selected, the protocol it speaks, its name. */
export class Session {
  readonly id: number;
  readonly server: Server;
  readonly peer: Peer | undefined;
  db: Keyspace;
  resp: Resp = 2;
  name = '';
  libName = '';
  libVersion = '';
  authenticated: boolean;
  noEvict = false;
  /** What its buffers took when they were measured last. */
  measuredBytes = 0;
  /** Full name of the last command, "client|list". */
  lastCommand = '';
  readonly createdAt: number;
  lastAt: number;
  /** Set by a command after whose reply the connection ends (QUIT). */
  closing = false;
  /** Set between MULTI and EXEC. */
  multi: Transaction | undefined;
  /** While EXEC runs what was queued: a blocking command does not wait then. */
  inExec = false;
  /** Keys of WATCH; with `watchBroken` once one of them has changed. */
  readonly watched: { readonly db: Keyspace; readonly key: string }[] = [];
  watchBroken = false;
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  readonly shardChannels = new Set<string>();
  /** CLIENT REPLY: off, or the reply to the command that runs or follows is left out. */
  replyMode: 'on' | 'off' | 'skip' | 'skip-next' = 'on';

  constructor(server: Server, id: number, peer?: Peer) {
    this.server = server;
    this.id = id;
    this.peer = peer;
    this.db = server.keyspaces[0]!;
    this.authenticated = server.config.values.requirepass === '';
    this.createdAt = server.clock.now();
    this.lastAt = this.createdAt;
  }

  /** EXEC, DISCARD and RESET: nothing is queued and nothing watched any more. */
  endTransaction(): void {
    this.multi = undefined;
    this.server.watches.forget(this);
  }

  get subscriptionCount(): number {
    return this.channels.size + this.patterns.size + this.shardChannels.size;
  }
}
