import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../../core/errors.ts';
import { startBackground } from '../../runners/background.ts';
import { dyingWithUs } from '../../runners/guarded.ts';

const ATTACH_MS = 5000;

/** Attaches somebody else's strace to a process. @returns what ends it */
export async function attachTracer(pid: number): Promise<() => Promise<void>> {
  const args = ['-f', '-qq', '-e', 'trace=fdatasync', '-o', '/dev/null', '-p', String(pid)];
  let said = '';
  const child = startBackground(dyingWithUs({ file: 'strace', args, timeoutMs: 3_600_000 }), (chunk) => {
    said += chunk.toString('utf8');
  });
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  const end = async () => {
    child.stop();
    await child.ended;
  };
  const until = performance.now() + ATTACH_MS;
  while (!isTraced(pid)) {
    if (over || performance.now() > until) {
      await end();
      throw new UserError(`strace could not be attached: ${said.trim() || 'it ended'}.`, EXIT.inconclusive);
    }
    await sleep(20);
  }
  return end;
}

function isTraced(pid: number): boolean {
  try {
    return /^TracerPid:\s+[1-9]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
