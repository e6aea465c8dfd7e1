import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../lab/owner.ts';
import { type Reversible, reversible } from './change.ts';
import type { Answer, Message, Order } from './messages.ts';
import { Refusal, Unreachable } from './server-link.ts';
import { dropState, reasonOf, writeState } from './state-file.ts';

/** How long a server that does not answer is tried again before the old value is given up on. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 200;
/** After a change of which it is not known whether it arrived, the old value has to hold for so long. */
const ECHO_MS = 300;

/**
 * The watchdog: a process in a session of its own, the only one that changes the server. It does what is asked on its
 * standard input; when that ends, because whoever asked is gone, or when it is told to end itself, it puts the old
 * values back, tries again while the server does not answer, and leaves only then.
 */
export async function keep(
  input: NodeJS.ReadableStream,
  answer: (answer: Answer) => void,
  signal: AbortSignal,
): Promise<void> {
  const keeper = new Keeper();
  // Whoever asked may have been stopped instead of ended: then nothing comes, not even the end.
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const lines = createInterface({ input, signal: stop });
  let timer: NodeJS.Timeout | undefined;
  for await (const line of lines) {
    clearTimeout(timer);
    const message = JSON.parse(line) as Message;
    if (message.kind === 'apply') timer = setTimeout(() => over.abort(), message.forMs);
    answer(await keeper.obey(message));
    if (keeper.isDone) break;
  }
  clearTimeout(timer);
  await keeper.leave();
}

class Keeper {
  private order: Order | undefined;
  private change: Reversible | undefined;
  private notes: Pick<NonNullable<Order['before']>, 'old' | 'identity'> = { old: {}, identity: {} };
  /** The fix is on, or may be. */
  private applied = false;
  private isUncertain = false;
  private hasNote = false;
  isDone = false;

  async obey(message: Message): Promise<Answer> {
    try {
      switch (message.kind) {
        case 'hold':
          return await this.hold(message.order);
        case 'apply':
          return await this.apply();
        case 'restore':
          return await this.restore();
        case 'keep':
          this.applied = false;
          this.isDone = true;
          return { kind: 'kept' };
      }
    } catch (error) {
      return { kind: error instanceof Refusal ? 'refused' : 'failed', reason: messageOf(error) };
    }
  }

  /** Puts back what is still on, and takes the note away unless somebody has to look at it. */
  async leave(): Promise<void> {
    const end = this.applied ? await this.restore() : undefined;
    if (this.hasNote && end?.kind !== 'failed') dropState(this.order!.stateFile);
  }

  private async hold(order: Order): Promise<Answer> {
    this.order = order;
    this.change = reversible(order);
    if (order.before) {
      this.notes = order.before;
      this.applied = true;
    } else this.notes = await this.change.read();
    this.note();
    return { kind: 'held', ...this.notes };
  }

  private async apply(): Promise<Answer> {
    this.applied = true;
    this.isUncertain = this.order!.change.kind === 'config';
    try {
      this.note();
    } catch (error) {
      this.applied = false;
      throw error;
    }
    const others = await this.change!.apply();
    this.isUncertain = false;
    if (others === undefined) return { kind: 'applied' };
    this.applied = false;
    this.isDone = true;
    return { kind: 'foreign', what: others };
  }

  private async restore(): Promise<Answer> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        let others = await this.change!.restore();
        if (this.isUncertain) {
          await sleep(ECHO_MS);
          others = await this.change!.restore();
        }
        return this.isBack(others === undefined ? { kind: 'restored' } : { kind: 'foreign', what: others });
      } catch (error) {
        const isGone = error instanceof Unreachable && error.isRefused && !this.lives();
        if (performance.now() > until || this.order!.change.kind === 'commands') {
          // What had been set in the memory of a process ended with it.
          if (isGone) return this.isBack({ kind: 'gone', reason: messageOf(error) });
          return { kind: 'failed', reason: messageOf(error) };
        }
      }
      await sleep(RETRY_MS);
    }
  }

  private isBack(answer: Answer): Answer {
    this.applied = false;
    this.isUncertain = false;
    try {
      this.note();
    } catch {
      // With a full disk the old note stays: then the old value is asked for once more than needed.
    }
    if (answer.kind !== 'restored') this.isDone = true;
    return answer;
  }

  private lives(): boolean {
    const { pid, startTicks } = this.order!.target;
    return startTicks !== undefined && isRunning({ pid, startTicks });
  }

  private note(): void {
    const { order, applied, notes } = this;
    try {
      writeState(order!.stateFile, { order: order!, applied, ...notes });
      this.hasNote = true;
    } catch (error) {
      throw new Refusal(
        `${order!.stateFile} cannot be written (${reasonOf(error)}), and without it the change could not be put back after a crash`,
      );
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
