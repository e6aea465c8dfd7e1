import { startDetached } from '../runners/detached.ts';
import { ourCommand } from './our-program.ts';
import { formatOwner, ourselves } from './owner.ts';

let guarded = false;

/**
 * Starts a second perfcase that waits for our end and then removes what of the lab is still ours: nothing after an
 * orderly end, everything after SIGKILL. It reads a pipe that only we hold open, so it needs no clock.
 * Where we do not run as the CLI (in tests) there is no guard; what stays is then stale, and the next
 * `perfcase disk create` or `destroy` removes it.
 */
export function guardOurLab(stateDir: string): void {
  const command = guarded ? undefined : ourCommand();
  if (!command) return;
  guarded = true;
  const [file, ...args] = [...command, 'disk', 'destroy', '--owned-by', formatOwner(ourselves())];
  const env = { PERFCASE_STATE_DIR: stateDir };
  startDetached({ file: file!, args, timeoutMs: 0, env }, { watchUs: true });
}
