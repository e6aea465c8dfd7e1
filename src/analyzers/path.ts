import type { Evidence, PathStep } from '../core/finding.ts';
import { programOf } from '../core/redact.ts';
import { formatMs, plural, significant } from '../core/units.ts';
import { isFile } from './derive/channel.ts';
import { isWrite } from './derive/command-table.ts';
import {
  callEvidence,
  evidenceOf,
  type Facts,
  latest,
  type ProcessIoSighting,
  seen,
  settled,
} from './facts.ts';
import { busyPercent, cpuReadings } from './rules/cpu-saturated.ts';
import { busiestDisk, describeDisk } from './rules/disk-saturated.ts';
import { targetDisk, typical } from './target-disk.ts';
import { syncTimesOf } from './whole-log.ts';

/** The way an engineer goes from the symptom to the cause, each step with the lines that answer it. */
export function pathOf(facts: Facts): PathStep[] {
  return [cpu, memory, disk, writer, calls, files, commands, clients, settings]
    .map((step) => step(facts))
    .filter((step) => step !== undefined);
}

type Step = (facts: Facts) => PathStep | undefined;

const cpu: Step = (facts) => {
  const readings = cpuReadings(facts);
  if (readings.length === 0) return undefined;
  const answers = readings.map(({ item }) => {
    const busy = busyPercent(item);
    const wait = item.iowaitPercent;
    return `${item.cpu === 'all' ? 'all' : `cpu${item.cpu}`} ${busy === undefined ? '?' : significant(oneDigit(busy))} % busy${wait === undefined ? '' : `, ${significant(wait)} % iowait`}`;
  });
  const shown =
    answers.length <= 4
      ? answers.join('; ')
      : `${answers.slice(0, 4).join('; ')}; ${answers.length - 4} more`;
  const worst = readings.reduce((a, b) =>
    (b.item.iowaitPercent ?? 0) > (a.item.iowaitPercent ?? 0) ? b : a,
  );
  return { question: 'Are the CPUs busy, or waiting for I/O?', answer: shown, evidence: [evidenceOf(worst)] };
};

const memory: Step = (facts) => {
  const row = latest(seen(facts, 'memory')).find(({ item }) => item.kind === 'memory');
  if (!row) return undefined;
  const swap = latest(seen(facts, 'swap')).find(({ item }) => item.kind === 'swap');
  const available = row.item.availableKib ?? swap?.item.availableKib ?? row.item.freeKib;
  if (available === undefined || !row.item.totalKib) return undefined;
  const gib = (kib: number) => significant(kib / 1024 / 1024);
  return {
    question: 'Is there memory left?',
    answer: `${gib(available)} of ${gib(row.item.totalKib)} GiB available`,
    evidence: [evidenceOf(row)],
  };
};

const disk: Step = (facts) => {
  const row =
    (facts.trace?.syncs.length ? typical(targetDisk(facts)?.rows ?? []) : undefined) ?? busiestDisk(facts);
  return row && { question: 'Is a disk overloaded?', answer: describeDisk(row), evidence: [evidenceOf(row)] };
};

/** Threads of the kernel that carry out what processes asked for: they write for somebody else. */
const KERNEL_THREAD = /^(?:kworker|jbd2|xfs|dm-|loop\d|kswapd|flush|md\d)/;

const writer: Step = (facts) => {
  const rows = settled(seen(facts, 'process-io')).filter(
    ({ item }) => (item.writeKibPerSec ?? 0) > 0 && !item.average && !KERNEL_THREAD.test(item.command ?? ''),
  );
  if (rows.length === 0) return undefined;
  const best = rows.reduce((a, b) => (b.item.writeKibPerSec! > a.item.writeKibPerSec! ? b : a));
  const target = facts.target.pid ?? facts.trace?.target;
  const own = rows.find(({ item }) => item.pid === target);
  const said = ({ item }: ProcessIoSighting): string =>
    `${programOf(item.command ?? 'process')} (${item.pid})${item.pid === target ? ', the target' : ''}: ${significant(item.writeKibPerSec!)} KiB/s written${item.readKibPerSec === undefined ? '' : `, ${significant(item.readKibPerSec)} KiB/s read`}`;
  const shown = own && own.item.pid !== best.item.pid ? [best, own] : [best];
  return {
    question: 'Which process writes to disk?',
    answer: shown.map(said).join('; '),
    evidence: shown.map(evidenceOf),
  };
};

const calls: Step = (facts) => {
  const { trace } = facts;
  const syncs = trace?.syncs.filter((sync) => sync.foreground) ?? [];
  if (!trace || (syncs.length === 0 && trace.appends.length === 0)) return undefined;
  const { calls: count, seconds = 0, p50Us: p50 } = syncTimesOf(trace, syncs);
  const rate = seconds > 0.2 ? `, ${significant(count / seconds)} a second` : '';
  const syncText =
    syncs.length === 0
      ? 'no sync by the thread that replies'
      : `${count} ${syncs[0]!.call.name}${p50 === undefined ? '' : ` of ${formatMs(p50 / 1000)} (median)`}${rate}`;
  const first = syncs[0]?.call ?? trace.appends[0]!.call;
  return {
    question: 'Which system calls write and sync?',
    answer: trace.census ? syncText : `${plural(trace.appends.length, 'append')}, ${syncText}`,
    evidence: [callEvidence(facts, first)],
  };
};

const files: Step = (facts) => {
  const { trace } = facts;
  const channel = trace?.syncs[0]?.channel ?? trace?.appends[0]?.channel;
  if (!trace || !channel) return undefined;
  const row = seen(facts, 'descriptor').find(
    ({ item }) => item.pid === channel.pid && item.fd === channel.fd && item.type === 'REG',
  );
  const name = row?.item.name ?? channel.name;
  if (name === undefined || !isFile(channel)) return undefined;
  const device = row?.item.device === undefined ? '' : `, device ${row.item.device}`;
  const call = trace.syncs[0]?.call ?? trace.appends[0]!.call;
  return {
    question: 'Which file is that?',
    answer: `descriptor ${channel.fd} is ${name}${device}`,
    evidence: [row ? evidenceOf(row) : callEvidence(facts, call)],
  };
};

const commands: Step = (facts) => {
  const { trace } = facts;
  if (!trace || trace.commands.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const { name } of trace.commands) counts.set(name, (counts.get(name) ?? 0) + 1);
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 6);
  const held = trace.commands.filter((command) => command.heldBy.length > 0);
  const writers = [...new Set(held.map((command) => command.name).filter(isWrite))].join(', ');
  const evidence: Evidence[] = [];
  const first = held.find((command) => isWrite(command.name)) ?? trace.commands[0]!;
  evidence.push(callEvidence(facts, first.call));
  return {
    question: 'Which commands did the clients send?',
    answer: `${top.map(([name, count]) => `${count} ${name}`).join(', ')}${writers ? `; ${writers} waits for the sync` : ''}`,
    evidence,
  };
};

const clients: Step = (facts) => {
  const known = facts.clients.filter((client) => client.pid !== undefined);
  if (known.length === 0) return undefined;
  const processes = [...new Set(known.map((client) => client.pid))];
  const text = processes
    .slice(0, 3)
    .map((pid) => {
      const own = known.filter((client) => client.pid === pid);
      const { comm = 'process', container, address } = own[0]!;
      const more = own.length > 1 ? ` and ${plural(own.length - 1, 'other connection')}` : '';
      return `${comm} (${pid})${container ? ` in ${container}` : ''} from ${address}${more}`;
    })
    .join('; ');
  const rows = seen(facts, 'descriptor').filter(
    ({ item }) =>
      item.localAddress !== undefined &&
      known.some((client) => client.pid === item.pid && client.address === item.localAddress),
  );
  const sockets = seen(facts, 'tcp').filter(({ item }) =>
    known.some((client) => client.address === item.remoteAddress),
  );
  const evidence = [...rows, ...sockets].slice(0, 1).map(evidenceOf);
  return {
    question: 'Who is the client?',
    answer: `${text}${processes.length > 3 ? `; ${processes.length - 3} more` : ''}`,
    evidence,
  };
};

const settings: Step = (facts) => {
  const rows = ['appendonly', 'appendfsync'].flatMap((name) => facts.config.get(name) ?? []);
  if (rows.length === 0) return undefined;
  const text = rows
    .map(({ item }) => (item.kind === 'server-config' ? `${item.directive} ${item.value}` : ''))
    .join(', ');
  return { question: 'What is the server told to do?', answer: text, evidence: rows.map(evidenceOf) };
};

const oneDigit = (value: number): number => Math.round(value * 10) / 10;
