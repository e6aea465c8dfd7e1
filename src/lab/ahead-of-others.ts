import type { CommandSpec } from '../core/capture.ts';
import { runLocal } from '../runners/local.ts';

const REAL_TIME = ['--rr', '1'];

/**
 * The same command, and what it starts, ahead of every ordinary process (sched(7), SCHED_RR): for what stands in for
 * hardware, which no busy CPU holds up. As it is where the machine does not permit it.
 */
export async function aheadOfOthers(spec: CommandSpec): Promise<CommandSpec> {
  const outcome = await runLocal({ file: 'chrt', args: [...REAL_TIME, 'true'], timeoutMs: 5000 });
  if (outcome.status !== 'captured') return spec;
  return { ...spec, file: 'chrt', args: [...REAL_TIME, spec.file, ...spec.args] };
}
