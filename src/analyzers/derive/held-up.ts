import type { CriticalPath } from '../../core/timeline.ts';
import type { CutCommand } from './bursts.ts';
import { isWrite } from './command-table.ts';
import type { Command } from './conversation.ts';
import type { Trace } from './trace.ts';

type HeldUp = NonNullable<CriticalPath['heldUpBy']>[number];

/** Who is named. */
const NAMED = 4;
/** Less of their time is not worth a name. */
const WORTH_NAMING = 0.01;

/**
 * Who held up these commands: of the time that they waited behind somebody else's sync, the writes that were synced; of
 * the time behind other commands, those that the server executed meanwhile. Named by command and connection.
 */
export function heldUpBy(trace: Trace, commands: readonly CutCommand[]): HeldUp[] {
  const sums = { syncOfOthers: new Map<string, number>(), queue: new Map<string, number>() };
  let wallUs = 0;
  const add = (layer: HeldUp['layer'], who: string, us: number) =>
    sums[layer].set(who, (sums[layer].get(who) ?? 0) + us);
  const executions = new InTime(
    trace.executions.flatMap(({ commands, us }) => {
      const startUs = commands[0]?.call.startUs;
      return startUs === undefined ? [] : [{ startUs, us, commands }];
    }),
  );
  const syncs = new InTime(
    trace.syncs.flatMap(({ startUs, durationUs, foreground, held }) =>
      startUs === undefined || durationUs === undefined || !foreground
        ? []
        : [{ startUs, us: durationUs, commands: held.filter(({ name }) => isWrite(name)) }],
    ),
  );
  for (const { command, us, layers } of commands) {
    wallUs += us;
    const toUs = command.replyEndUs!;
    const isOther = (each: Command) => each.conversation !== command.conversation;
    if (layers.syncOfOthers > 0) {
      const longest = syncs.longest(toUs - us, toUs, isOther);
      add('syncOfOthers', longest ? whoIs(longest) : 'a write that was not seen', layers.syncOfOthers);
    }
    if (layers.queue > 0) {
      const longest = executions.longest(toUs - us, toUs, isOther);
      add('queue', longest ? whoIs(longest) : 'a command that was not seen', layers.queue);
    }
  }
  return (['syncOfOthers', 'queue'] as const)
    .flatMap((layer) => [...sums[layer]].map(([who, us]) => ({ layer, who, seconds: Math.round(us) / 1e6 })))
    .filter(({ seconds }) => seconds * 1e6 >= wallUs * WORTH_NAMING)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, NAMED);
}

/** "SET of 127.0.0.1:40112" */
function whoIs({ name, conversation }: Command): string {
  const { descriptor, fd } = conversation.channel;
  return `${name} of ${descriptor?.remoteAddress ?? `descriptor ${fd}`}`;
}

interface Stretch {
  readonly startUs: number;
  readonly us: number;
  readonly commands: readonly Command[];
}

/** Stretches in the order of time. */
class InTime {
  /** So many before a moment are looked at: a turn of the event loop seldom serves more. */
  private static readonly LOOKED_AT = 64;

  constructor(private readonly stretches: readonly Stretch[]) {}

  /** A command of the longest stretch that lies in some time and fits. */
  longest(fromUs: number, toUs: number, fits: (command: Command) => boolean): Command | undefined {
    let low = 0;
    let high = this.stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.stretches[middle]!.startUs < toUs) low = middle + 1;
      else high = middle;
    }
    let best: { us: number; command: Command } | undefined;
    for (let index = low - 1; index >= Math.max(0, low - InTime.LOOKED_AT); index--) {
      const { startUs, us, commands } = this.stretches[index]!;
      if (startUs + us < fromUs) break;
      const command = us > (best?.us ?? -1) ? commands.find(fits) : undefined;
      if (command) best = { us, command };
    }
    return best?.command;
  }
}
