import type { CommandSpec } from '../core/capture.ts';

/*
 * nsenter(1) of util-linux: https://man7.org/linux/man-pages/man1/nsenter.1.html
 *
 *   nsenter --target 9181 --net -- lsof -nP -i
 *
 * Only the network namespace is entered: the tool, its files and /proc stay those of this side, so pids are ours.
 */

/** The same command in the network namespace of a process. Input and environment go with it, not into argv. */
export function inNetns(spec: CommandSpec, pid: number): CommandSpec {
  return {
    ...spec,
    file: 'nsenter',
    args: ['--target', String(pid), '--net', '--', spec.file, ...spec.args],
    privilege: 'root (CAP_SYS_ADMIN over the namespace)',
    debianPackage: 'util-linux',
  };
}

const VALUED = /^(?:-t|--target|-S|--setuid|-G|--setgid)$/;

/**
 * The tool inside nsenter's own arguments: everything behind `--`, or else behind its options.
 * @returns undefined when there is none, as in `nsenter -t 1 -n`, which starts a shell
 */
export function innerCommand(args: readonly string[]): readonly string[] | undefined {
  const dashes = args.indexOf('--');
  let at = dashes === -1 ? 0 : dashes + 1;
  if (dashes === -1) {
    while (at < args.length && args[at]!.startsWith('-')) at += VALUED.test(args[at]!) ? 2 : 1;
  }
  return at < args.length ? args.slice(at) : undefined;
}
