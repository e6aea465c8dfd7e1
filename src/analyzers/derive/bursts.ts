import { PATH_LAYERS } from '../../core/timeline.ts';
import { classOf, isBlocking } from './command-table.ts';
import type { Command, Conversation } from './conversation.ts';
import { type LayerSums, noTime, PathCutter } from './path-cutter.ts';
import type { Trace } from './trace.ts';

/** A client that says nothing for this long waits for something else, usually for the next request. */
export const PAUSE_US = 50_000;

/** What a command does, as far as a fix may join it with others of its kind or leave it out. */
export type CommandPart = 'scan' | 'read' | 'write' | 'other';

export function partOf(name: string): CommandPart {
  const kind = classOf(name);
  if (kind === 'scan' || kind === 'other') return kind;
  return kind.startsWith('read') ? 'read' : 'write';
}

/** A command on the path, and the microseconds from the reply before it to its own. */
export interface CutCommand {
  readonly command: Command;
  readonly us: number;
  readonly layers: LayerSums;
}

/** A run of commands of one connection without a pause, cut at the replies. */
export interface Burst {
  readonly conversation: Conversation;
  readonly commands: readonly CutCommand[];
  readonly startUs: number;
  readonly endUs: number;
}

const cutters = new WeakMap<Trace, PathCutter>();
const computed = new WeakMap<Conversation, Burst[]>();

export function cutterOf(trace: Trace): PathCutter {
  let cutter = cutters.get(trace);
  if (!cutter) {
    cutter = new PathCutter(trace);
    cutters.set(trace, cutter);
  }
  return cutter;
}

/** The bursts of a connection, as its server sees them; none in a log without times. Computed once. */
export function burstsOf(trace: Trace, conversation: Conversation): Burst[] {
  let bursts = computed.get(conversation);
  if (!bursts) {
    bursts = conversation.streaming || trace.threads.size === 0 ? [] : cut(cutterOf(trace), conversation);
    computed.set(conversation, bursts);
  }
  return bursts;
}

function cut(cutter: PathCutter, { commands: all }: Conversation): Burst[] {
  const bursts: Burst[] = [];
  let commands: CutCommand[] = [];
  let startUs = 0;
  let cursor: number | undefined;
  const end = () => {
    if (commands.length > 0 && cursor !== undefined) {
      bursts.push({ conversation: commands[0]!.command.conversation, commands, startUs, endUs: cursor });
    }
    commands = [];
  };
  for (const command of all) {
    const { atUs, replyEndUs } = command;
    if (atUs === undefined || replyEndUs === undefined) continue;
    const readUs = command.call.startUs ?? atUs;
    if (cursor === undefined || readUs - cursor > PAUSE_US || cutter.isBroken(cursor, readUs)) {
      end();
      // What its client sent is on its way from then on; of others only the reading is seen.
      const sentUs = cutter.sentBy(command)?.call.startUs;
      cursor = sentUs === undefined ? readUs : Math.max(sentUs, cursor ?? sentUs);
      startUs = cursor;
    }
    if (replyEndUs <= cursor) continue;
    if (!isBlocking(command.name)) {
      const layers = noTime();
      cutter.served(command, cursor, layers);
      commands.push({ command, us: replyEndUs - cursor, layers });
    } else {
      end();
      startUs = replyEndUs;
    }
    cursor = replyEndUs;
  }
  end();
  return bursts;
}

/** Adds up; `into` is changed. */
export function addLayers(into: LayerSums, more: LayerSums): void {
  for (const layer of PATH_LAYERS) into[layer] += more[layer];
}
