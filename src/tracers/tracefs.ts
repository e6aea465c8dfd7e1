import { existsSync } from 'node:fs';
import type { CommandSpec } from '../core/capture.ts';
import { isOnPath } from '../runners/on-path.ts';

/** Where the kernel lists its tracepoints; the second place is the one of kernels before 4.1. */
const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;
const MOUNT = `mount -t tracefs tracefs ${PLACES[0]} && exec "$@"`;

/**
 * The same command, with the file system of tracepoints where nobody has mounted it: in a mount namespace of its own,
 * which ends with the command, so that nothing stays mounted (perf would leave it). The pid stays the command's own.
 * The words of the command are arguments of the shell, never part of its script.
 */
export function withTracefs(
  spec: CommandSpec,
  isThere: (path: string) => boolean = existsSync,
  path = process.env.PATH ?? '',
): CommandSpec {
  if (PLACES.some((place) => isThere(`${place}/events/raw_syscalls`))) return spec;
  if (!isOnPath(spec.file, path) || !isOnPath('unshare', path)) return spec;
  return {
    ...spec,
    title: spec.title ?? spec.file,
    file: 'unshare',
    args: ['--mount', '--propagation', 'private', 'sh', '-c', MOUNT, 'sh', spec.file, ...spec.args],
  };
}
