import type { Command } from '../derive/conversation.ts';
import { heldBy, heldFinding, notHeld } from '../held.ts';
import { ofConversation, type Rule } from '../rule.ts';

const isDelete = ({ name }: Command) => name === 'DEL' || name === 'GETDEL';

/** Does freeing a large collection hold the server? */
export const bigKeyDelete: Rule = {
  id: 'big-key-delete',
  question: 'Does deleting a large key hold the server?',
  check: ofConversation((facts, trace) => {
    const held = heldBy(trace, isDelete);
    if (!held) return notHeld(trace, 'DEL', isDelete);
    return heldFinding(facts, held, {
      id: 'big-key-delete',
      title: 'Deleting a large key holds the server while everybody waits',
      fix: {
        summary: 'Use UNLINK, or let DEL do the same: the memory is freed by a thread in the background.',
        command: 'CONFIG SET lazyfree-lazy-user-del yes',
        cost: 'The memory is free a little later.',
      },
    });
  }),
};
