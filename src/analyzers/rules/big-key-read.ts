import { significant } from '../../core/units.ts';
import { classOf } from '../derive/command-table.ts';
import type { Command } from '../derive/conversation.ts';
import { heldBy, heldFinding, notHeld } from '../held.ts';
import { ofConversation, type Rule } from '../rule.ts';

/** A reply of so many elements or bytes is large for a request that somebody waits for. */
const MANY_ELEMENTS = 5000;
const MANY_BYTES = 1024 * 1024;
/** Smaller than a slow command: the reply has to be sent as well, and read by the client. */
const LARGE_REPLY_US = 2000;

/** Whether the command answered with a large part of one key. */
export function readsMuch({ name, reply }: Command): boolean {
  if (!classOf(name).startsWith('read') || name === 'KEYS' || reply?.length === undefined) return false;
  return reply.type === '$' || reply.type === '='
    ? reply.length >= MANY_BYTES
    : reply.length >= MANY_ELEMENTS;
}

/** Does a client read a large key whole? */
export const bigKeyRead: Rule = {
  id: 'big-key-read',
  question: 'Does a client read a large key whole?',
  check: ofConversation((facts, trace) => {
    const held = heldBy(trace, readsMuch, LARGE_REPLY_US);
    if (!held) return notHeld(trace, 'large replies', readsMuch);
    const sizes = held.slow.map(({ command }) => command.reply!);
    const largest = sizes.reduce((a, b) => (b.length! > a.length! ? b : a));
    const size = '$='.includes(largest.type)
      ? `${significant(largest.length! / MANY_BYTES)} MiB`
      : `${largest.length} elements`;
    return heldFinding(facts, held, {
      id: 'big-key-read',
      title: 'A large key is read whole while everybody waits',
      also: ` The largest reply had ${size}.`,
      fix: {
        summary:
          'Read a part of it (HSCAN, SSCAN, LRANGE with limits, HMGET), or cut the key into smaller ones.',
        cost: 'A change of the application; several round trips instead of one.',
      },
    });
  }),
};
