import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { isRunning, type Owner, ourselves } from '../lab/owner.ts';
import { makeStateFolder, STATE_DIR } from '../lab/state.ts';
import type { OldValues, Order, ServerIdentity } from './messages.ts';

/**
 * What has to be put back, for whoever comes when even the watchdog was killed. Small, written whole or not at all
 * before anything is changed, removed when everything is as it was. It never holds a password.
 */
export interface VerifyState {
  readonly schema: 'perfcase.verify-state/1';
  /** The watchdog; while it runs nobody else touches the server. */
  readonly keeper: Owner;
  readonly order: Omit<Order, 'before' | 'stateFile'>;
  readonly old: OldValues;
  readonly identity: ServerIdentity;
  /** Whether the fix is on, or may be. */
  readonly applied: boolean;
}

const FOLDER = 'verify';

/** `PERFCASE_STATE_DIR` moves it; else /run/perfcase for root, and a folder of one's own for others. */
export function verifyRoot(env: NodeJS.ProcessEnv): string {
  if (env.PERFCASE_STATE_DIR) return env.PERFCASE_STATE_DIR;
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0) return STATE_DIR;
  return env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'perfcase') : join(tmpdir(), `perfcase-${uid}`);
}

/**
 * The file for a target, in a folder that can be written.
 * @throws UserError when there is none: without it a change could not be put back after a crash
 */
export async function stateFileFor(root: string, pid: number, startTicks = 0): Promise<string> {
  try {
    return join(await makeStateFolder(root, FOLDER), `${pid}-${startTicks}.json`);
  } catch (error) {
    throw new UserError(
      `${root} cannot be used (${reasonOf(error)}), and without a note there a change could not be put back after a crash; PERFCASE_STATE_DIR names another folder. Nothing was changed.`,
    );
  }
}

/** @throws when the disk is full, or the folder is gone */
export function writeState(file: string, state: Omit<VerifyState, 'schema' | 'keeper'>): void {
  const { password: _, ...server } = state.order.server ?? {};
  const { change, target, elsewhere } = state.order;
  const order = {
    change,
    target,
    ...(state.order.server ? { server } : {}),
    ...(elsewhere ? { elsewhere } : {}),
  };
  const text = JSON.stringify(
    { schema: 'perfcase.verify-state/1', keeper: ourselves(), ...state, order } satisfies VerifyState,
    null,
    2,
  );
  const fresh = `${file}.${process.pid}.new`;
  try {
    writeFileSync(fresh, `${text}\n`, { mode: 0o600 });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

export function dropState(file: string): void {
  rmSync(file, { force: true });
}

export interface Leftover {
  readonly file: string;
  readonly state: VerifyState;
}

/** Notes of all runs, those under way too; what cannot be read is passed over. */
export function readStates(root: string): Leftover[] {
  let names: string[];
  try {
    names = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const file = join(root, FOLDER, name);
    try {
      const state = JSON.parse(readFileSync(file, 'utf8')) as VerifyState;
      return state.schema === 'perfcase.verify-state/1' ? [{ file, state }] : [];
    } catch {
      return [];
    }
  });
}

export function isUnderWay({ state }: Leftover): boolean {
  return isRunning(state.keeper);
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return `it cannot be written, ${code}`;
  return code ?? message;
}
