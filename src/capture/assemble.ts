import { deriveTrace } from '../analyzers/derive/trace.ts';
import type { Facts, Sighting } from '../analyzers/facts.ts';
import type { Parsed } from '../core/capture.ts';
import type { ClientProcess } from '../core/finding.ts';
import type { DescriptorObservation, Observation } from '../core/observation.ts';
import { withoutClientNames, withoutSecrets } from '../core/redact.ts';
import { parseContainers } from '../probes/containers.ts';
import { parseIostat } from '../probes/iostat.ts';
import { parseLsof } from '../probes/lsof.ts';
import { parsePidstat } from '../probes/pidstat.ts';
import { parseDescriptors } from '../probes/proc/fd.ts';
import { parseProc } from '../probes/proc.ts';
import { parseServer } from '../probes/redis/transcript.ts';
import { parseSs } from '../probes/ss.ts';
import { parseStrace, type StraceItem } from '../probes/strace.ts';
import type { LargeLog } from '../probes/strace-large.ts';
import { parseTop } from '../probes/top.ts';
import type { RawCapture, RawOutput } from './raw-capture.ts';

const PARSERS: Readonly<Record<string, (output: RawOutput) => Parsed<Observation>>> = {
  top: ({ text }) => parseTop(text),
  iostat: ({ text }) => parseIostat(text),
  pidstat: ({ text }) => parsePidstat(text),
  lsof: ({ text }) => parseLsof(text),
  ss: ({ text }) => parseSs(text),
  proc: ({ text }) => parseProc(text),
  'proc-fd': ({ text, pid }) => parseDescriptors(text, pid ?? 0),
  docker: ({ text }) => parseContainers(text, 'docker'),
  podman: ({ text }) => parseContainers(text, 'podman'),
  redis: ({ text }) => parseServer(text),
};

/** What came of reading one raw output. */
export interface ReadOutput {
  readonly source: string;
  readonly items: number;
  readonly problems: Parsed<unknown>['problems'];
  /** All lines that were not read, where `problems` are the first of them. */
  readonly unread?: number;
}

/** Raw texts to facts. Pure: no I/O, no clock; the same capture always gives the same facts. */
export function assemble(
  capture: RawCapture,
  options: {
    readonly redact: boolean;
    /** The log of system calls, where it is too long to be text. */
    readonly large?: LargeLog;
    /** What parseStrace says of the log, where that was asked already. */
    readonly parsed?: Parsed<StraceItem>;
  },
): { facts: Facts; read: ReadOutput[] } {
  const sightings: Sighting[] = [];
  const read: ReadOutput[] = [];
  for (const output of capture.outputs) {
    const parsed = PARSERS[output.probe]?.(output) ?? { items: [], problems: [] };
    read.push({ source: output.source, items: parsed.items.length, problems: parsed.problems });
    for (const item of parsed.items) {
      sightings.push({ source: output.source, item: options.redact ? withoutPasswords(item) : item });
    }
  }
  const descriptors = sightings
    .map(({ item }) => item)
    .filter((item): item is DescriptorObservation => item.kind === 'descriptor');
  const config = new Map<string, Sighting>();
  for (const sighting of sightings) {
    if (sighting.item.kind === 'server-config') config.set(sighting.item.directive, sighting);
  }
  const { strace, targetCpu, otherTracer } = capture;
  const { large } = options;
  const log = strace && (large ? fromLarge(large) : (options.parsed ?? parseStrace(strace.text)));
  const source = capture.tracer?.name ?? 'strace';
  if (log) read.push({ source, items: log.items.length, ...problemsOf(log, large) });
  // strace shows at least the call that a thread is in; the others show nothing of a process that stays asleep.
  const trace =
    log && (log.items.length > 0 || source !== 'strace')
      ? deriveTrace({
          items: log.items,
          source,
          groups: new Map(strace.threads),
          ...(capture.target.pid === undefined ? {} : { targetPid: capture.target.pid }),
          descriptors,
          ...(large ? { census: large.census } : {}),
          ...(strace.logLines === undefined ? {} : { logLines: strace.logLines }),
          ...(strace.slowdown === undefined ? {} : { slowdown: strace.slowdown }),
          ...(strace.ownFds ? { ownFds: strace.ownFds } : {}),
          ...(capture.tracer?.lost === undefined ? {} : { lost: capture.tracer.lost }),
        })
      : undefined;
  const facts: Facts = {
    target: capture.target,
    sightings,
    ...(trace ? { trace } : { traceMissing: capture.straceMissing ?? 'no log of system calls was given' }),
    config,
    ...(capture.configMissing === undefined ? {} : { configMissing: capture.configMissing }),
    missing: new Map(Object.entries(capture.missing)),
    ...(targetCpu
      ? {
          targetCpu: {
            ...targetCpu,
            evidence: [{ source: 'proc', text: targetCpu.text }],
          },
        }
      : {}),
    ...(capture.swapped ? { swapped: capture.swapped } : {}),
    clients: capture.clients.length > 0 ? capture.clients : clientsFromDescriptors(capture, descriptors),
    ...(otherTracer
      ? { otherTracer: { ...otherTracer, evidence: { source: 'proc', text: otherTracer.text } } }
      : {}),
    ...(capture.untraced ? { untraced: true } : {}),
    ...(capture.ended ? { ended: true } : {}),
    redact: options.redact,
  };
  return { facts, read };
}

function fromLarge({ items, census }: LargeLog): Parsed<StraceItem> {
  return { items: [...items], problems: [...census.problems] };
}

function problemsOf({ problems }: Parsed<StraceItem>, large: LargeLog | undefined) {
  return large ? { problems, unread: large.census.unread } : { problems };
}

/** Command lines stand in rows of top -c and pidstat -l, and may hold passwords; clients have names. */
function withoutPasswords(item: Observation): Observation {
  const text = item.kind === 'server-client' ? withoutClientNames(item.text) : withoutSecrets(item.text);
  if (text === item.text) return item;
  return 'command' in item && item.command !== undefined
    ? { ...item, text, command: withoutSecrets(item.command) }
    : { ...item, text };
}

/** Out of lsof -i alone: whose local address is the remote address of one of the target's sockets. */
function clientsFromDescriptors(
  capture: RawCapture,
  descriptors: readonly DescriptorObservation[],
): ClientProcess[] {
  const target = capture.target.pid;
  const clients = new Map<string, ClientProcess>();
  for (const own of descriptors) {
    if (own.pid !== target || own.remoteAddress === undefined) continue;
    const other = descriptors.find(
      (each) =>
        each.pid !== target &&
        each.localAddress === own.remoteAddress &&
        each.remoteAddress === own.localAddress,
    );
    if (!other) continue;
    clients.set(own.remoteAddress, {
      pid: other.pid,
      ...(other.command === undefined ? {} : { comm: other.command }),
      address: own.remoteAddress,
    });
  }
  return [...clients.values()];
}
