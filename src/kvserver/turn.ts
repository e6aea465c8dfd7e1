/** Something that has replies to send when the turn ends. */
export interface Sender {
  sendQueued(): void;
}

/**
 * One turn of the event loop: every request that epoll reported together is run first; then the append-only
 * file is written and synced once for all of them; then the replies go out. So a reply never overtakes the
 * sync that its command was promised, and one sync serves every client of the turn.
 *
 * The end of the turn is the `check` phase that follows `poll` in libuv's loop: what setImmediate runs.
 */
export class Turn {
  private senders: Sender[] = [];
  private scheduled = false;
  private readonly beforeReplies: () => boolean;

  /** @param beforeReplies makes good what the replies promise; false when it could not, then none is sent */
  constructor(beforeReplies: () => boolean) {
    this.beforeReplies = beforeReplies;
  }

  enqueue(sender: Sender): void {
    this.senders.push(sender);
    this.schedule();
  }

  schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.end);
  }

  /** Runs something in a turn of its own, after this one. */
  defer(run: () => void): void {
    setImmediate(run);
  }

  readonly end = (): void => {
    this.scheduled = false;
    const kept = this.beforeReplies();
    const senders = this.senders;
    this.senders = [];
    if (!kept) return;
    for (const sender of senders) sender.sendQueued();
  };
}
