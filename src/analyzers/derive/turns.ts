/** So few replies may come in a later turn than their requests, and the server still answers before it waits. */
const LATE_REPLIES = 0.02;
const ENOUGH = 20;

/**
 * Turns of event loops: from one wait for work to the next. Servers of the Redis family answer what they have read
 * before they wait again; whether this one does is seen from the replies.
 */
export class Turns {
  private readonly turns = new Map<number | undefined, number>();
  private same = 0;
  private later = 0;

  /** The thread waits for work. */
  waits(tid: number | undefined): void {
    this.turns.set(tid, this.now(tid) + 1);
  }

  now(tid: number | undefined): number {
    return this.turns.get(tid) ?? 0;
  }

  /** A command was answered in the turn in which it was read, or in a later one. */
  answered(isSame: boolean): void {
    if (isSame) this.same++;
    else this.later++;
  }

  /** Whether a request that is not answered by the next turn was answered unseen. */
  get areKept(): boolean {
    return this.same >= ENOUGH && this.later <= this.same * LATE_REPLIES;
  }
}
