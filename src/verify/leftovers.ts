import { isRunning } from '../lab/owner.ts';
import { networkNamespace } from '../probes/proc/read.ts';
import type { ServerAddress } from '../probes/redis.ts';
import { byHand } from './by-hand.ts';
import type { Order } from './messages.ts';
import { describeChange } from './plan.ts';
import { dropState, isUnderWay, type Leftover, readStates } from './state-file.ts';
import { Watchdog } from './watchdog.ts';

export interface Restored {
  readonly isBack: boolean;
  /** One line for a person. */
  readonly text: string;
  readonly byHand?: readonly string[];
}

const PATIENCE_MS = 10_000;

/**
 * Puts back what a run left on whose watchdog was killed too. Runs under way are left alone.
 * @param access how to get into the servers: passwords are in no note
 */
export async function restoreLeftovers(
  root: string,
  self: readonly [string, ...string[]],
  access: Pick<ServerAddress, 'password'>,
): Promise<Restored[]> {
  const done: Restored[] = [];
  for (const leftover of readStates(root)) {
    if (!isUnderWay(leftover)) done.push(await restoreOne(leftover, self, access));
  }
  return done;
}

/** A run under way at this target, if there is one. */
export function runAt(root: string, pid: number): Leftover | undefined {
  return readStates(root).find((each) => each.state.order.target.pid === pid && isUnderWay(each));
}

async function restoreOne(
  { file, state }: Leftover,
  self: readonly [string, ...string[]],
  access: Pick<ServerAddress, 'password'>,
): Promise<Restored> {
  const { order: noted, old, identity, applied } = state;
  const { target, change } = noted;
  const what = `${describeChange(change)} on ${target.comm} (pid ${target.pid})`;
  if (!applied) {
    dropState(file);
    return { isBack: true, text: `${what} was not on; nothing had to be put back` };
  }
  const lives =
    target.startTicks !== undefined && isRunning({ pid: target.pid, startTicks: target.startTicks });
  if (noted.elsewhere && !lives) {
    dropState(file);
    return { isBack: true, text: `${what} ended with that process and its network namespace` };
  }
  const order: Order = {
    ...noted,
    ...(noted.server ? { server: { ...noted.server, ...access } } : {}),
    stateFile: file,
    before: { old, identity },
  };
  const isInside = noted.elsewhere && networkNamespace(target.pid) !== networkNamespace('self');
  const dog = Watchdog.start(self, isInside ? target.pid : undefined);
  const held = await dog.ask({ kind: 'hold', order }, PATIENCE_MS);
  const back = held.kind === 'held' ? await dog.ask({ kind: 'restore' }, PATIENCE_MS) : held;
  await dog.release(1000);
  switch (back.kind) {
    case 'restored':
      return { isBack: true, text: `${what} was still on from a run that was killed; it was put back` };
    case 'foreign':
      return { isBack: true, text: `${what}: ${back.what}; it was left alone` };
    default:
      if (!lives && change.kind === 'config') {
        dropState(file);
        return { isBack: true, text: `${what} ended with that process` };
      }
      return {
        isBack: false,
        text: `${what} is still on from a run that was killed, and was NOT PUT BACK: ${'reason' in back ? back.reason : back.kind}`,
        byHand: byHand(order, old),
      };
  }
}
