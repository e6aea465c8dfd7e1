import type { Preparation } from '../scenario/scenario.ts';
import type { Cast } from './cast.ts';
import type { Stage } from './stage.ts';

/** Does what must be there before anybody asks. @throws UserError when the server or the application refuses */
export async function prepare(steps: readonly Preparation[], stage: Stage, cast: Cast): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'http') await stage.ask(step.path, { count: 1 });
    else await cast.runToEnd(step);
  }
}
