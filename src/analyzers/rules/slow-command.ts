import { formatShare } from '../../core/units.ts';
import { hasConstantCost } from '../derive/command-table.ts';
import type { Command } from '../derive/conversation.ts';
import { heldBy, heldFinding, notHeld, SLOW_US } from '../held.ts';
import { insufficient, ofConversation, type Rule } from '../rule.ts';
import { readsMuch } from './big-key-read.ts';

/** Commands with a cause of their own. */
const ELSEWHERE = new Set(
  'KEYS DEL GETDEL EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO BGSAVE BGREWRITEAOF MONITOR'.split(' '),
);

/** Commands whose cost grows with the data, or with what was asked for. */
function mayBeSlow(command: Command): boolean {
  return !hasConstantCost(command.name, command.args) && !ELSEWHERE.has(command.name) && !readsMuch(command);
}

/** Does one command take so long that the others wait for it? */
export const slowCommand: Rule = {
  id: 'slow-command',
  question: 'Does a command take so long that the other clients wait for it?',
  check: ofConversation((facts, trace) => {
    // What the process waited for a CPU is no work of the command.
    const delay = Math.min(facts.targetCpu?.runDelayShare ?? 0, 0.99);
    const held = heldBy(trace, mayBeSlow, SLOW_US / (1 - delay));
    if (!held && heldBy(trace, mayBeSlow))
      return insufficient(
        `commands were late, but the process was ready to run and had no CPU ${formatShare(delay)} of the time`,
      );
    if (!held) return notHeld(trace, 'commands whose cost grows with the data', mayBeSlow);
    return heldFinding(facts, held, {
      id: 'slow-command',
      title: 'A slow command holds the server while everybody waits',
      fix: {
        summary:
          'Ask for less at once (a limit, a cursor, fewer keys), or keep the result instead of computing it.',
        command: 'SLOWLOG GET 25',
        cost: 'A change of the application.',
      },
    });
  }),
};
