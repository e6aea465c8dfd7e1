import { startDetached } from '../runners/detached.ts';
import { formatOwner, ourselves } from './owner.ts';

/** Programs that know `disk destroy`: the bundle, its link in a bin folder, and the entry in the sources. */
const ENTRY = /[/\\]perfcase(\.js|\.ts)?$/;

let guarded = false;

/**
 * Starts a second perfcase that waits for our end and then removes what of the lab is still ours: nothing after an
 * orderly end, everything after SIGKILL. It reads a pipe that only we hold open, so it needs no clock.
 * Where we do not run as the CLI (in tests) there is no guard; what stays is then stale, and the next
 * `perfcase disk create` or `destroy` removes it.
 */
export function guardOurLab(stateDir: string): void {
  const entry = process.argv[1];
  if (guarded || entry === undefined || !ENTRY.test(entry)) return;
  guarded = true;
  const args = [...process.execArgv, entry, 'disk', 'destroy', '--owned-by', formatOwner(ourselves())];
  const env = { PERFCASE_STATE_DIR: stateDir };
  startDetached({ file: process.execPath, args, timeoutMs: 0, env }, { watchUs: true });
}
