import type { Command } from '../derive/conversation.ts';
import { heldBy, heldFinding, notHeld } from '../held.ts';
import { ofConversation, type Rule } from '../rule.ts';

const SCRIPTS = new Set(['EVAL', 'EVALSHA', 'EVAL_RO', 'EVALSHA_RO', 'FCALL', 'FCALL_RO']);
const isScript = ({ name }: Command) => SCRIPTS.has(name);

/** Does a script or a function run so long that the other clients wait for it? */
export const blockingScript: Rule = {
  id: 'blocking-script',
  question: 'Does a script hold the server while the other clients wait?',
  check: ofConversation((facts, trace) => {
    const held = heldBy(trace, isScript);
    if (!held) return notHeld(trace, 'scripts', isScript);
    return heldFinding(facts, held, {
      id: 'blocking-script',
      title: 'A script holds the server while everybody waits',
      fix: {
        summary:
          'Let the script do less in one call: fewer keys, smaller collections, a cursor that goes on later.',
        cost: 'A change of the application; what the script did at once happens in steps.',
      },
    });
  }),
};
