import type { Command } from './conversation.ts';
import type { Trace } from './trace.ts';

/** A client that rests this long between two steps of one loop is in no hurry: nobody waits for the loop. */
const REST_US = 5000;

/**
 * Whether a loop rests of its own will: before most of these steps, each of which goes on with what the one before
 * began, its client had its last reply and asked nothing. A traced client is slower by itself.
 */
export function isPaced(steps: readonly Command[], { slowdown = 1 }: Pick<Trace, 'slowdown'>): boolean {
  const isStep = new Set(steps);
  let rested = 0;
  let timed = 0;
  for (const { commands } of new Set(steps.map((step) => step.conversation))) {
    for (const [index, step] of commands.entries()) {
      const repliedUs = commands[index - 1]?.replyEndUs;
      const askedUs = step.call.startUs;
      if (!isStep.has(step) || repliedUs === undefined || askedUs === undefined) continue;
      timed++;
      if (askedUs - repliedUs >= REST_US * slowdown) rested++;
    }
  }
  return timed > 0 && rested > timed / 2;
}
