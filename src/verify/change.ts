import type { ServerAddress } from '../probes/redis.ts';
import { runLocal } from '../runners/local.ts';
import type { OldValues, Order, ServerIdentity } from './messages.ts';
import { isServerClient, quoted, type Setting } from './plan.ts';
import { type Link, Refusal, withServer } from './server-link.ts';
import { shellLine } from './words.ts';

/** A change of the live server that can be done and undone. Each step throws an Error with one line when it fails. */
export interface Reversible {
  /** What is there now. Nothing is changed. @throws Refusal */
  read(): Promise<{ old: OldValues; identity: ServerIdentity }>;
  /** @returns what somebody else set meanwhile, which was left alone; undefined when all is well */
  apply(): Promise<string | undefined>;
  /** Puts back what this changed, and nothing else. @returns as above */
  restore(): Promise<string | undefined>;
}

export function reversible(order: Order): Reversible {
  const { change, server, before } = order;
  return change.kind === 'config'
    ? new Settings(change.settings, server ?? {}, before)
    : new Commands(change.steps, server?.password);
}

/** Settings of a server, by CONFIG SET; each is read back. */
class Settings implements Reversible {
  private old: OldValues;
  private identity: ServerIdentity;

  constructor(
    private readonly settings: readonly Setting[],
    private readonly server: ServerAddress,
    before: Order['before'],
  ) {
    this.old = before?.old ?? {};
    this.identity = before?.identity ?? {};
  }

  async read() {
    const old: Record<string, string> = {};
    await withServer(this.server, async (link) => {
      for (const { directive, value } of this.settings) {
        const now = await link.get(directive);
        if (now === undefined) throw new Refusal(`the server knows no setting "${directive}"`);
        if (now === value)
          throw new Refusal(`${directive} is ${quoted(value)} already; there is nothing to try`);
        old[directive] = now;
      }
      this.identity = await link.identity();
    });
    this.old = old;
    return { old, identity: this.identity };
  }

  apply(): Promise<string | undefined> {
    return withServer(this.server, async (link) => {
      for (const { directive } of this.settings) {
        const now = await link.get(directive);
        if (now !== this.old[directive]) return foreign(directive, now);
      }
      for (const { directive, value } of this.settings) {
        await link.set(directive, value);
        const now = await link.get(directive);
        if (now !== value)
          throw new Refusal(`CONFIG SET ${directive} ${quoted(value)} left it at ${quoted(now ?? '')}`);
      }
      return undefined;
    });
  }

  restore(): Promise<string | undefined> {
    return withServer(this.server, async (link) => {
      if (!(await this.isSame(link))) return 'another server listens there now';
      let others: string | undefined;
      for (const { directive, value } of this.settings) {
        const old = this.old[directive]!;
        const now = await link.get(directive);
        if (now === old) continue;
        if (now !== value) {
          others = foreign(directive, now);
          continue;
        }
        await link.set(directive, old);
        const back = await link.get(directive);
        if (back !== old)
          throw new Refusal(`CONFIG SET ${directive} ${quoted(old)} left it at ${quoted(back ?? '')}`);
      }
      return others;
    });
  }

  /** A server that was restarted has the same folder; a setting that survived this, by CONFIG REWRITE, is put back too. */
  private async isSame(link: Link): Promise<boolean> {
    const now = await link.identity();
    return now.runId === this.identity.runId || now.dir === this.identity.dir;
  }
}

function foreign(directive: string, now = 'unknown'): string {
  return `${directive} is ${quoted(now)} now, set by somebody else`;
}

/** Programs that were named by the user, run one after the other without a shell. Undone in the opposite order. */
class Commands implements Reversible {
  constructor(
    private readonly steps: readonly {
      readonly apply: readonly string[];
      readonly revert: readonly string[];
    }[],
    private readonly password: string | undefined,
  ) {}

  async read() {
    return { old: {}, identity: {} };
  }

  async apply(): Promise<undefined> {
    for (const { apply } of this.steps) await this.run(apply);
  }

  async restore(): Promise<undefined> {
    for (const { revert } of [...this.steps].reverse()) await this.run(revert);
  }

  private async run([file, ...args]: readonly string[]): Promise<void> {
    const isClient = isServerClient(file!);
    const outcome = await runLocal({
      ...{ file: file!, args, timeoutMs: COMMAND_MS },
      ...(isClient && this.password !== undefined ? { env: { REDISCLI_AUTH: this.password } } : {}),
    });
    const line = shellLine([file!, ...args]);
    if (outcome.status !== 'captured') throw new Error(`${line}: ${outcome.reason}`);
    // redis-cli tells an error of the server on standard output, and ends with 0.
    const said = isClient
      ? /^(?:\(error\) )?(?:ERR|NOAUTH|WRONGPASS|NOPERM|DENIED)\b.*/m.exec(outcome.stdout)?.[0]
      : undefined;
    if (said !== undefined) throw new Error(`${line}: ${said}`);
  }
}

const COMMAND_MS = 30_000;
