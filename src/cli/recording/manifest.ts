import { hostname } from 'node:os';
import type { LiveTarget } from '../../capture/target.ts';
import { VERSION } from '../../core/version.ts';
import { FORMAT, type Manifest } from '../../recording/format.ts';
import { readMachine } from '../check/machine.ts';
import { findTool, TOOLS } from '../check/tools.ts';
import type { Io } from '../command.ts';
import type { Watch } from '../watch-options.ts';

/** The tools whose outputs a recording may hold. */
const USED = new Set(['top', 'iostat', 'pidstat', 'lsof', 'strace', 'bpftrace', 'perf']);

/** What the head of a recording says. Asks the tools for their versions. */
export async function manifestFor(
  target: LiveTarget,
  watch: Pick<Watch, 'durationMs' | 'tracer'>,
  redacted: boolean,
  io: Io,
): Promise<Manifest> {
  const now = new Date();
  const found = await Promise.all(
    TOOLS.filter(({ name }) => USED.has(name)).map((tool) => findTool(tool, io.env.PATH ?? '', io.signal)),
  );
  const { kernel, os, arch, cpus, memoryMiB, node } = readMachine();
  const { pid, comm, container, netns } = target;
  return {
    format: FORMAT,
    perfcase: VERSION,
    redacted,
    startedAt: now.toISOString(),
    utcOffsetMinutes: -now.getTimezoneOffset(),
    target: {
      pid,
      comm,
      ...(container === undefined ? {} : { container }),
      ...(netns === undefined ? {} : { netns }),
    },
    asked: { seconds: watch.durationMs / 1000, tracer: watch.tracer },
    machine: { kernel, os, arch, cpus, memoryMiB, node, ...(redacted ? {} : { host: hostname() }) },
    tools: Object.fromEntries(
      found.map(({ tool, status, version }) => [
        tool.name,
        status === 'found' ? (version ?? 'unknown') : null,
      ]),
    ),
  };
}
