import { assemble } from '../capture/assemble.ts';
import { captureLive, type LiveOptions } from '../capture/live.ts';
import { Pinger } from '../capture/pinger.ts';
import { isAlive, type LiveTarget } from '../capture/target.ts';
import { UserError } from '../core/errors.ts';
import type { Prediction } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import { TRACER_CHOICES } from '../tracers/ladder.ts';
import { byHand } from './by-hand.ts';
import { type Measured, measure, withRequests } from './measure.ts';
import type { OldValues, Order } from './messages.ts';
import { judgeWindows, type Outcome, type Window } from './outcome.ts';
import { describeChange } from './plan.ts';
import { type Reply, Watchdog } from './watchdog.ts';

export interface VerifyRequest {
  readonly target: LiveTarget;
  readonly order: Order;
  readonly watch: Omit<LiveOptions, 'durationMs' | 'progress' | 'onUndisturbed'>;
  readonly windowMs: number;
  /** Windows with the fix; those without stand around and between them. */
  readonly rounds: number;
  readonly prediction?: Prediction;
  /** Leaves the fix on at the end. */
  readonly keep: boolean;
  readonly progress: (line: string) => void;
}

/** How the server was left. */
export interface End {
  readonly kind: 'restored' | 'kept' | 'foreign' | 'gone' | 'failed';
  readonly text: string;
  /** What puts it back, for a shell; only where perfcase could not. */
  readonly byHand?: readonly string[];
}

export interface Verification {
  readonly change: string;
  readonly old: OldValues;
  readonly windows: readonly Window[];
  readonly windowSeconds: number;
  readonly tracer?: string;
  readonly outcome: Outcome;
  readonly end: End;
  /** Why there are fewer windows than asked for. */
  readonly stopped?: { readonly reason: string; readonly refused: boolean };
}

/** Starting Node, and the server's answer. */
const HOLD_MS = 10_000;
/** Commands of the user may take so long. */
const CHANGE_MS = 35_000;
const RESTORE_MS = 8000;
/** How much longer than a window the fix may stay on when nothing is heard of us. */
const SILENCE_MS = 20_000;

/**
 * Measures the server without and with the change, in turn, and puts it back, however it ends.
 * @throws UserError when nothing was changed
 */
export async function verify(request: VerifyRequest): Promise<Verification> {
  const { target, order, watch, windowMs, rounds, prediction, progress } = request;
  const change = describeChange(order.change);
  const dog = startDog(request);
  const held = await dog.ask({ kind: 'hold', order }, HOLD_MS);
  if (held.kind !== 'held') {
    await dog.release(1000);
    throw new UserError(`${reasonOf(held)}. Nothing was changed.`);
  }
  const measured: (Measured & { fix: boolean })[] = [];
  let tracer = watch.tracer;
  let isOn = false;
  let stopped: Verification['stopped'];
  let trouble: Reply | undefined;
  const total = 2 * rounds + 1;
  try {
    for (let index = 0; index < total && !stopped; index++) {
      const fix = index % 2 === 1;
      if (fix) {
        isOn = true;
        trouble = await dog.ask({ kind: 'apply', forMs: windowMs + SILENCE_MS }, CHANGE_MS);
      } else if (isOn) {
        trouble = await dog.ask({ kind: 'restore' }, RESTORE_MS);
        isOn = trouble.kind !== 'restored';
      }
      if (trouble && trouble.kind !== 'applied' && trouble.kind !== 'restored') {
        stopped = { reason: reasonOf(trouble), refused: fix && index === 1 && isRefused(trouble) };
        break;
      }
      progress(`window ${index + 1} of ${total}: ${fix ? `with ${change}` : 'as it was'}`);
      const window = await measureWindow(request, tracer);
      tracer = window.tracer ?? tracer;
      stopped = whyStopped(request);
      if (!stopped) measured.push({ ...window.measured, fix });
    }
  } catch (error) {
    stopped = {
      reason: `perfcase failed: ${error instanceof Error ? error.message : String(error)}`,
      refused: false,
    };
  }
  const windows = withRequests(measured).map(
    (each, index): Window => ({ ...each, fix: measured[index]!.fix }),
  );
  const outcome: Outcome = stopped
    ? { verdict: 'cannot-tell', because: stopped.reason }
    : judgeWindows(windows, prediction);
  const end = await finish(request, dog, held, isOn, outcome, stopped ? trouble : undefined);
  return {
    ...{ change, old: held.old, windows, windowSeconds: windowMs / 1000, end },
    ...(tracer === 'auto' ? {} : { tracer }),
    outcome:
      end.kind === 'foreign' && !stopped
        ? { ...outcome, verdict: 'cannot-tell', because: end.text }
        : outcome,
    ...(stopped ? { stopped } : {}),
  };

  function whyStopped({ watch: { signal } }: VerifyRequest): Verification['stopped'] {
    if (signal.aborted) return { reason: `interrupted (${String(signal.reason)})`, refused: false };
    if (!isAlive(target))
      return { reason: `${target.comm} (pid ${target.pid}) ended meanwhile`, refused: false };
    if (!dog.isRunning) return { reason: 'the watchdog was ended from outside', refused: false };
    return undefined;
  }
}

function startDog({ order, watch, target }: VerifyRequest): Watchdog {
  return Watchdog.start(watch.self, order.elsewhere ? target.pid : undefined);
}

async function measureWindow(
  { target, watch, windowMs, order }: VerifyRequest,
  tracer: LiveOptions['tracer'],
): Promise<{ measured: Measured; tracer?: LiveOptions['tracer'] }> {
  // With a tracer, the capture sends its own PINGs, which are left out of the trace.
  const near =
    tracer === 'none' && order.server?.port !== undefined && !order.elsewhere ? order.server : undefined;
  const pinger = near && (await Pinger.connect(near));
  const capture = await captureLive(target, {
    ...watch,
    ...{ tracer, durationMs: windowMs, tools: false, progress: () => undefined },
    // Each window leaves listeners on its signal.
    signal: AbortSignal.any([watch.signal]),
  });
  const pings = (await pinger?.close())?.map(({ tookMs }) => tookMs);
  const pingMs = pings ? quantile(pings, 0.5) : capture.tracer?.overhead?.ping?.beforeMs;
  const used = TRACER_CHOICES.find((name) => name === capture.tracer?.name);
  return {
    measured: measure(assemble(capture, { redact: true }).facts, pingMs),
    ...(used ? { tracer: used } : {}),
  };
}

/** Leaves the server as it was, or with the fix where that is wished; says which. */
async function finish(
  request: VerifyRequest,
  dog: Watchdog,
  held: { readonly old: OldValues; readonly identity: NonNullable<Order['before']>['identity'] },
  wasOn: boolean,
  outcome: Outcome,
  trouble: Reply | undefined,
): Promise<End> {
  const { order, keep, target } = request;
  if (trouble?.kind === 'foreign' || trouble?.kind === 'gone') {
    await dog.release(1000);
    return { kind: trouble.kind, text: reasonOf(trouble) };
  }
  let isOn = wasOn;
  if (keep && !trouble && outcome.metric !== undefined && outcome.verdict !== 'worse') {
    const on = await dog.ask({ kind: 'apply', forMs: SILENCE_MS }, CHANGE_MS);
    if (on.kind === 'applied' && (await dog.ask({ kind: 'keep' }, RESTORE_MS)).kind === 'kept') {
      await dog.release(1000);
      return { kind: 'kept', text: `${describeChange(order.change)} stays on, as --keep asks` };
    }
    isOn = true;
  }
  let back: Reply = isOn ? await dog.ask({ kind: 'restore' }, RESTORE_MS) : { kind: 'restored' };
  await dog.release(back.kind === 'lost' || back.kind === 'failed' ? 0 : 1000);
  if (back.kind === 'lost' && !dog.isRunning) back = await takeOver(request, held);
  switch (back.kind) {
    case 'restored':
      return { kind: 'restored', text: `${whatIsBack(held.old)} as before` };
    case 'foreign':
      return { kind: 'foreign', text: reasonOf(back) };
    default:
      if (back.kind === 'gone' || (order.change.kind === 'config' && !isAlive(target)))
        return {
          kind: 'gone',
          text: `${target.comm} (pid ${target.pid}) has ended, and what was set in its memory with it; for two minutes the watchdog looks whether it comes back`,
        };
      return {
        kind: 'failed',
        text: `NOT PUT BACK: ${reasonOf(back)}`,
        byHand: byHand(order, held.old),
      };
  }
}

/** The watchdog was killed: another one does what it was for. */
async function takeOver(
  request: VerifyRequest,
  before: { readonly old: OldValues; readonly identity: NonNullable<Order['before']>['identity'] },
): Promise<Reply> {
  const dog = startDog(request);
  const { old, identity } = before;
  const held = await dog.ask(
    { kind: 'hold', order: { ...request.order, before: { old, identity } } },
    HOLD_MS,
  );
  const back = held.kind === 'held' ? await dog.ask({ kind: 'restore' }, RESTORE_MS) : held;
  await dog.release(1000);
  return back;
}

function whatIsBack(old: OldValues): string {
  const names = Object.entries(old).map(
    ([directive, value]) => `${directive} is ${value === '' ? '""' : value}`,
  );
  return names.length > 0 ? `${names.join(', ')},` : 'what was applied was reverted,';
}

function isRefused(reply: Reply): boolean {
  return reply.kind === 'refused' || reply.kind === 'failed';
}

function reasonOf(reply: Reply): string {
  switch (reply.kind) {
    case 'foreign':
      return `${reply.what}; it was left alone`;
    case 'refused':
    case 'failed':
    case 'gone':
      return reply.reason;
    case 'lost':
      return `the watchdog does not answer (${reply.reason})`;
    default:
      return `the watchdog answered "${reply.kind}" out of turn`;
  }
}
