import { UserError } from '../core/errors.ts';
import { parseShare } from '../core/units.ts';

export const MAX_OVERHEAD_HELP =
  "what watching may cost of the process's time, over the whole --duration; past that it is watched in short windows, " +
  'then not at all. 100% sets no limit';

/** --max-overhead as a fraction. @throws UserError */
export function maxOverheadOf({ maxOverhead }: { readonly maxOverhead: string }): number {
  try {
    return parseShare(maxOverhead);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`--max-overhead: ${error.message} --tracer none attaches nothing.`);
  }
}
