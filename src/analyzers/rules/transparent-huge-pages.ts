import type { Verdict } from '../../core/finding.ts';
import type { Observation, VmCounterObservation } from '../../core/observation.ts';
import { formatMs, formatShare, plural, quantile } from '../../core/units.ts';
import { type Change, changeOf } from '../change.ts';
import { hasConstantCost } from '../derive/command-table.ts';
import type { Execution } from '../derive/execution.ts';
import type { Trace } from '../derive/trace.ts';
import { callEvidence, evidenceOf, type Facts, seen } from '../facts.ts';
import { severityOfStops, stopsOf } from '../held.ts';
import { clear, countOf, found, insufficient, milliseconds, needsConversation, type Rule } from '../rule.ts';

/** A huge page is 2 MiB: to copy or to clear it takes some hundred microseconds. A command of constant cost takes a few. */
const LATE_US = 200;
/** So many times what such a command usually takes: a tracer makes all of them slower. */
const LATE_TIMES = 5;
/** Fewer late commands are an accident, fewer in all have no usual time. */
const LATE = 10;
const ENOUGH = 100;
/** Late commands while a child shares the memory, for each that is late without it. */
const MORE_OFTEN = 3;
/** Each late command wants its page: so many events that the kernel counted for each of them. */
const COUNTED = 0.5;
/** From this part of the time on, the clients notice; the same bound as for commands that hold the server. */
const NOTICED_SHARE = 0.02;

/**
 * Do huge pages make commands late? After a fork the first write to each page copies it, a huge one in 512 times the
 * time; and to find one, the kernel may have to move others together first. Only what is seen in both the kernel's
 * counters and the commands' times counts: the setting alone harms nobody.
 * Source: Redis, "Diagnosing latency issues"; https://docs.kernel.org/admin-guide/mm/transhuge.html
 */
export const transparentHugePages: Rule = {
  id: 'transparent-huge-pages',
  question: 'Do transparent huge pages make commands late, after a fork or while memory is moved together?',
  check(facts) {
    const setting = seen(facts, 'huge-pages').at(-1);
    if (!setting) return insufficient('the setting of transparent huge pages was not read');
    const settingLine = evidenceOf(setting);
    if (setting.item.setting === 'never')
      return clear('transparent huge pages are switched off', [settingLine]);
    const status = seen(facts, 'proc-status').find(({ item }) => item.pid === facts.target.pid);
    if (status?.item.hugePages === false)
      return clear('the process has asked for no huge pages (disable-thp)', [settingLine]);
    const [faults, stalls] = [counter(facts, 'thp_fault_alloc'), counter(facts, 'compact_stall')];
    if (!faults || !stalls) return insufficient('huge pages were not counted twice');
    const said = `huge pages are set to "${setting.item.setting}"; ${plural(faults.by, 'page fault')} set one up, ${stalls.by} moved memory together first`;
    const events = faults.by + stalls.by;
    if (events < LATE * COUNTED) return clear(said, [settingLine, ...faults.evidence, ...stalls.evidence]);
    return needsConversation(facts) ?? judge(facts, facts.trace!, { said, faults, stalls, settingLine });
  },
};

interface Counted {
  readonly said: string;
  readonly faults: Change;
  readonly stalls: Change;
  readonly settingLine: ReturnType<typeof evidenceOf>;
}

function judge(facts: Facts, trace: Trace, { said, faults, stalls, settingLine }: Counted): Verdict {
  const constant = trace.executions.filter(({ commands }) =>
    commands.every(({ name, args }) => hasConstantCost(name, args)),
  );
  if (constant.length < ENOUGH)
    return insufficient(
      `${said}; only ${plural(constant.length, 'command')} of constant cost tell what that did`,
    );
  const usualUs = quantile(constant.map(timeOf), 0.5)!;
  const late = constant.filter((each) => timeOf(each) >= Math.max(LATE_US, LATE_TIMES * usualUs));
  const beside = late.filter((each) => isBesideChild(trace, each));
  const isAfterFork = beside.length >= LATE && oftenerBeside(trace, constant, late);
  const these = isAfterFork ? beside : late;
  const events = isAfterFork ? faults.by + stalls.by : stalls.by;
  const times = these.map(timeOf);
  const stops = stopsOf(times.length > 0 ? times : [0], trace.seconds);
  const commands = `${these.length} of ${constant.length} commands of constant cost were late`;
  if (these.length < LATE || (stops.share ?? 0) < NOTICED_SHARE) return clear(`${said}; ${commands}`);
  if (events < COUNTED * these.length)
    return clear(`${said}; ${commands}, far more than the pages account for`);
  const delay = facts.targetCpu?.runDelayShare;
  if (delay === undefined)
    return insufficient(`${said}; ${commands}, but waiting for a CPU was not measured`);
  if (delay * 2 >= stops.share!)
    return insufficient(
      `${said}; ${commands}, but its thread also waited for a CPU ${formatShare(delay)} of the time`,
    );
  const worst = [...these].sort((a, b) => timeOf(b) - timeOf(a)).slice(0, 2);
  return found({
    id: 'transparent-huge-pages',
    severity: severityOfStops(stops),
    confidence: 0.75,
    title: isAfterFork
      ? 'After a fork, each first write copies a huge page'
      : 'Memory is moved together for huge pages while commands wait',
    why:
      `${commands}${isAfterFork ? ' while a child shared the memory' : ''}: up to ${formatMs(stops.worstUs / 1000)} instead of ` +
      `${formatMs(usualUs / 1000)}, ${formatShare(stops.share!)} of the time watched. Meanwhile, ${said}.`,
    measures: {
      lateCommands: countOf(these.length),
      max: milliseconds(stops.worstUs),
      hugePageFaults: countOf(faults.by),
      compactions: countOf(stalls.by),
    },
    evidence: [
      settingLine,
      ...faults.evidence,
      ...(stalls.by > 0 ? stalls.evidence : []),
      ...(isAfterFork ? trace.forks.slice(0, 1).map((call) => callEvidence(facts, call)) : []),
      ...worst.map(({ commands: [command] }) => callEvidence(facts, command!.call)),
    ],
    fix: {
      summary:
        'Switch huge pages off for the server (disable-thp yes, then a restart) or for all who do not ask for them.',
      command: 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled',
      cost: 'Programs that gain from huge pages lose them. Pages that are huge already stay so until the server starts again.',
    },
  });
}

const timeOf = ({ us, commands }: Execution): number => us / commands.length;

function counter(facts: Facts, name: string): Change | undefined {
  return changeOf(facts, {
    is: (item: Observation): item is VmCounterObservation => item.kind === 'vm-counter' && item.name === name,
    value: (item) => item.value,
    name: () => name,
  });
}

/** Whether a child that was forked shared the memory when the commands were executed. */
function isBesideChild({ writingJobs }: Trace, { commands }: Execution): boolean {
  const atUs = commands[0]!.call.startUs;
  if (atUs === undefined) return false;
  return writingJobs.some(
    ({ child, fromUs, untilUs = Number.POSITIVE_INFINITY }) =>
      // A server that writes a snapshot by itself shares nothing; a child of before the log does.
      (child !== undefined || fromUs === undefined) && atUs >= (fromUs ?? 0) && atUs <= untilUs,
  );
}

function oftenerBeside(trace: Trace, all: readonly Execution[], late: readonly Execution[]): boolean {
  const rate = (these: readonly Execution[], isBeside: boolean) =>
    these.filter((each) => isBesideChild(trace, each) === isBeside).length;
  const [inside, outside] = [rate(all, true), rate(all, false)];
  // Without a time before or after it, the child is not known to be what makes them late.
  if (outside < ENOUGH) return false;
  return rate(late, true) / inside >= MORE_OFTEN * (rate(late, false) / outside);
}
