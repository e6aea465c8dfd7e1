import type { Command } from '../derive/conversation.ts';
import { heldBy, heldFinding, notHeld } from '../held.ts';
import { ofConversation, type Rule } from '../rule.ts';

/** KEYS walks every key whatever it finds; from here on the others notice. */
const KEYS_US = 2000;

const isKeys = ({ name }: Command) => name === 'KEYS';

/** Does somebody walk all keys at once? */
export const keysCommand: Rule = {
  id: 'keys-command',
  question: 'Does a client walk all keys at once with KEYS?',
  check: ofConversation((facts, trace) => {
    const held = heldBy(trace, isKeys, KEYS_US);
    if (!held) return notHeld(trace, 'KEYS', isKeys);
    return heldFinding(facts, held, {
      id: 'keys-command',
      title: 'KEYS walks the whole key space while everybody waits',
      fix: {
        summary:
          'Walk the keys with SCAN and a COUNT of some hundred, or keep the names in a set of their own.',
        command: 'SCAN 0 MATCH pattern COUNT 1000',
        cost: 'The walk takes several round trips, and may return a key twice.',
      },
    });
  }),
};
