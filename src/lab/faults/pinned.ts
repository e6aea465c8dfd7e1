import { readFileSync } from 'node:fs';
import { EXIT, UserError } from '../../core/errors.ts';
import { runLocal } from '../../runners/local.ts';

/** Lets all threads of a process run on the first CPU only that it may use. @returns what ends it */
export async function pin(pid: number): Promise<() => Promise<void>> {
  const before = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const first = /^\d+/.exec(before ?? '')?.[0];
  if (before === undefined || first === undefined || before === first)
    throw new UserError('a process can be kept to one CPU only where it has two.', EXIT.inconclusive);
  await setCpus(pid, first);
  return () => setCpus(pid, before);
}

/** @param cpus "0" or "0-3,8" */
async function setCpus(pid: number, cpus: string): Promise<void> {
  const outcome = await runLocal({
    file: 'taskset',
    args: ['-a', '-p', '-c', cpus, String(pid)],
    timeoutMs: 5000,
  });
  if (outcome.status !== 'captured')
    throw new UserError(`the CPUs of process ${pid} cannot be set: ${outcome.reason}.`, EXIT.inconclusive);
}
