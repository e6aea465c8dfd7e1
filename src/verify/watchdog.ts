import { createInterface } from 'node:readline';
import { inNetns } from '../probes/nsenter.ts';
import { type Detached, startDetached } from '../runners/detached.ts';
import type { Answer, Message } from './messages.ts';

/** What the watchdog said, or that it said nothing. */
export type Reply = Answer | { readonly kind: 'lost'; readonly reason: string };

/** Our end of the watchdog (keeper.ts): asks, one thing at a time. Our own end, however it comes, is its sign to undo. */
export class Watchdog {
  private waiting: ((reply: Reply) => void) | undefined;
  private over: string | undefined;

  private constructor(private readonly process: Detached) {
    if (process.output) {
      createInterface({ input: process.output }).on('line', (line) =>
        this.waiting?.(JSON.parse(line) as Answer),
      );
    }
    void process.ended.then((reason) => {
      this.over = reason;
      this.waiting?.({ kind: 'lost', reason });
    });
  }

  /**
   * @param self how this program is called
   * @param netnsOf a process whose network namespace it works in, and keeps, if not in ours
   */
  static start(self: readonly [string, ...string[]], netnsOf?: number): Watchdog {
    const spec = {
      file: self[0],
      args: [...self.slice(1), 'verify', '--keeper'],
      timeoutMs: 0,
      env: { REDISCLI_AUTH: '' },
    };
    return new Watchdog(
      startDetached(netnsOf === undefined ? spec : inNetns(spec, netnsOf), { watchUs: true, answers: true }),
    );
  }

  get isRunning(): boolean {
    return this.over === undefined;
  }

  /** Never rejects. An answer that comes later than `patienceMs` is not waited for; what was asked is done all the same. */
  async ask(message: Message, patienceMs: number): Promise<Reply> {
    if (this.over !== undefined) return { kind: 'lost', reason: this.over };
    let timer: NodeJS.Timeout | undefined;
    const reply = new Promise<Reply>((settle) => {
      this.waiting = settle;
      const late = `no answer within ${patienceMs / 1000} s`;
      timer = setTimeout(() => settle({ kind: 'lost', reason: late }), patienceMs);
    });
    this.process.input?.write(`${JSON.stringify(message)}\n`);
    const answer = await reply;
    clearTimeout(timer);
    this.waiting = undefined;
    return answer;
  }

  /** Lets it go: it puts back what is still on, and ends. Resolves when it has, or after a while. */
  async release(patienceMs: number): Promise<void> {
    this.process.input?.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((settle) => {
      timer = setTimeout(settle, patienceMs);
    });
    await Promise.race([this.process.ended, late]);
    clearTimeout(timer);
  }
}
