import type { CommandSpec } from '../core/capture.ts';
import { isOnPath } from './on-path.ts';

/**
 * The same command, which the kernel ends when whoever started it dies, however that happens (prctl(2),
 * PR_SET_PDEATHSIG; by setpriv of util-linux). Its pid is the command's own.
 * A tool that is not installed is left as it is, so that its absence shows as usual.
 */
export function dyingWithUs(spec: CommandSpec, path = process.env.PATH ?? ''): CommandSpec {
  if (!isOnPath(spec.file, path) || !isOnPath('setpriv', path)) return spec;
  return {
    ...spec,
    title: spec.title ?? spec.file,
    file: 'setpriv',
    args: ['--pdeathsig', 'TERM', '--', spec.file, ...spec.args],
  };
}

/**
 * The same, which also ends by itself after its time limit (timeout of coreutils), even if perfcase hangs. For
 * tracers: nothing may stay attached. Killing any process of the chain ends those behind it.
 * @param patienceSeconds how long the command may take to end once it was asked to; then it is killed
 */
export function guarded(spec: CommandSpec, path = process.env.PATH ?? '', patienceSeconds = 2): CommandSpec {
  const inner = dyingWithUs(spec, path);
  if (inner === spec || !isOnPath('timeout', path)) return inner;
  const limit = String(Math.ceil(spec.timeoutMs / 1000) + 1);
  const timed = {
    ...inner,
    file: 'timeout',
    args: ['-k', String(patienceSeconds), limit, inner.file, ...inner.args],
  };
  return { ...dyingWithUs(timed, path), timeoutMs: spec.timeoutMs + 3000 };
}
