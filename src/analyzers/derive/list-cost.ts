import { quantile } from '../../core/units.ts';
import type { Burst } from './bursts.ts';
import { classOf } from './command-table.ts';
import type { Command } from './conversation.ts';

/** What long lists cost beyond a reply of one value. Microseconds, over all of them. */
export interface ListCost {
  readonly elements: number;
  /** To make them and to send them. */
  readonly serverUs: number;
  /** From the reply to the next command: reading them, and whatever the client does with each. */
  readonly clientUs: number;
  /** Of the lists, those that reads replied with, and not a walk through the keys. */
  readonly reads: number;
  readonly readElements: number;
  /** What these took, the way of a usual reply included; not what the client does with them. */
  readonly readsUs: number;
}

/** Shorter ones do not stand out against what a command costs by itself. */
const LEAST_ELEMENTS = 50;
/** With fewer of a kind, the median is anybody's. */
const LEAST_REPLIES = 3;

interface Timed {
  readonly elements: number;
  readonly serverUs: number;
  /** Absent for the last command of a burst. */
  readonly clientUs?: number;
}

/**
 * Holds replies that are long lists against replies of one value on the same connection. Undefined without either.
 * Medians by name: a list that waited for a CPU does not count for all.
 */
export function listCostOf(bursts: readonly Burst[]): ListCost | undefined {
  const singles: Timed[] = [];
  const lists = new Map<string, Timed[]>();
  for (const { commands } of bursts) {
    for (const [index, { command, layers }] of commands.entries()) {
      const { name, reply, call, replyEndUs } = command;
      const readUs = call.startUs ?? command.atUs;
      if (readUs === undefined || replyEndUs === undefined || command.pipelined) continue;
      const elements = elementsOf(command);
      const isSingle = classOf(name) === 'read-one' && reply !== undefined && reply.type !== '*';
      if (elements < LEAST_ELEMENTS && !isSingle) continue;
      const next = commands[index + 1];
      const nextUs = next?.command.call.startUs;
      const timed: Timed = {
        elements,
        serverUs: replyEndUs - readUs - layers.sync - layers.syncOfOthers,
        ...(nextUs === undefined ? {} : { clientUs: nextUs - replyEndUs - next!.layers.clientWaits }),
      };
      if (isSingle) singles.push(timed);
      else lists.set(name, [...(lists.get(name) ?? []), timed]);
    }
  }
  const single = usual(singles);
  if (!single) return undefined;
  const total = { elements: 0, serverUs: 0, clientUs: 0, reads: 0, readElements: 0, readsUs: 0 };
  for (const [name, same] of lists) {
    const list = usual(same);
    if (!list) continue;
    const elements = same.reduce((sum, each) => sum + each.elements, 0);
    total.elements += elements;
    if (classOf(name) !== 'scan') {
      total.reads += same.length;
      total.readElements += elements;
      total.readsUs += (list.serverUs + single.clientUs) * same.length;
    }
    total.serverUs += Math.max(0, list.serverUs - single.serverUs) * same.length;
    total.clientUs += Math.max(0, list.clientUs - single.clientUs) * same.length;
  }
  return total.elements > 0 ? total : undefined;
}

/** Elements of a list; of a page of SCAN its keys. 0 for anything else. */
function elementsOf({ name, reply }: Command): number {
  if (reply?.type !== '*') return 0;
  const list = classOf(name) === 'scan' ? reply.items?.[1] : reply;
  return Math.max(0, list?.length ?? 0);
}

function usual(
  timed: readonly Timed[],
): { readonly serverUs: number; readonly clientUs: number } | undefined {
  const clients = timed.flatMap(({ clientUs }) => clientUs ?? []);
  if (clients.length < LEAST_REPLIES) return undefined;
  return {
    serverUs: median(timed.map(({ serverUs }) => serverUs)),
    clientUs: median(clients),
  };
}

const median = (values: readonly number[]): number => quantile(values, 0.5)!;
