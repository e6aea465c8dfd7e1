import { describe, expect, it } from 'vitest';
import { readings } from '../../support/readings.ts';
import { OK, request, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, type Shown, verdictFor } from './table.ts';

const ID = 'transparent-huge-pages';

interface Scene {
  readonly setting?: string;
  /** Pages set up in faults, and moved together, while it was watched. */
  readonly faults?: number;
  readonly stalls?: number;
  readonly asked?: boolean;
  readonly runDelayShare?: number;
}

function scene(log: TraceLog | undefined, each: Scene = {}): Shown {
  const {
    setting = '[always] madvise never',
    faults = 60,
    stalls = 0,
    asked = true,
    runDelayShare = 0.001,
  } = each;
  const files = (vmstat: string) => ({
    '/proc/vmstat': vmstat,
    '/proc/9085/status': `Name:\tredis-server\nTgid:\t9085\nPid:\t9085\nTHP_enabled:\t${asked ? 1 : 0}\n`,
    '/sys/kernel/mm/transparent_hugepage/enabled': setting,
  });
  return {
    ...(log ? { log } : {}),
    ...readings(
      files('thp_fault_alloc 1000\ncompact_stall 7\n'),
      files(`thp_fault_alloc ${1000 + faults}\ncompact_stall ${7 + stalls}\n`),
      1,
    ),
    targetCpu: {
      busiestThreadPercent: 40,
      busiestThread: 'thread 9085',
      runDelayShare,
      seconds: 1,
      text: '9085',
    },
  };
}

/** Commands of constant cost, of which each `lateEach`th takes `lateUs`. */
function commands(log: TraceLog, count: number, lateEach = Number.POSITIVE_INFINITY, lateUs = 600): TraceLog {
  return log.times(count, (each, index) =>
    each
      .read(8, request('SET', `key:${index}`, 'value'))
      .wait(index % lateEach === lateEach - 1 ? lateUs : 0)
      .write(8, OK),
  );
}
const quiet = () => commands(new TraceLog({ callUs: 5, stepUs: 5 }), 300);
const forked = (log: TraceLog) =>
  log.call('clone', 'child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD', 9999, 800);
const reaped = (log: TraceLog) => log.call('wait4', '-1, [{WIFEXITED(s)}], WNOHANG, NULL', 9999);
const afterFork = () => commands(reaped(commands(forked(quiet()), 300, 5)), 200);
const always = () => commands(new TraceLog({ callUs: 5, stepUs: 5 }), 800, 5);

judges(ID, {
  fires: {
    'first writes after a fork that take long, as many huge pages set up': () => scene(afterFork()),
    'commands that wait while memory is moved together': () => scene(always(), { stalls: 160 }),
  },
  spares: {
    'the setting alone': () => scene(quiet(), { faults: 0 }),
    'huge pages that are switched off': () => scene(afterFork(), { setting: 'always madvise [never]' }),
    'a process that has asked for none': () => scene(afterFork(), { asked: false }),
    'huge pages that are set up, and commands that take as long as ever': () =>
      scene(quiet(), { faults: 500 }),
    'late commands for which there are no pages': () => scene(afterFork(), { faults: 6 }),
    'late commands, fork or not, and no memory that was moved': () => scene(always(), { faults: 500 }),
    'a fork after which nothing is late': () => scene(commands(reaped(commands(forked(quiet()), 300)), 200)),
  },
  cannotTell: {
    'nothing read': () => ({ log: afterFork() }),
    'no system calls': () => scene(undefined),
    'a handful of commands': () => scene(commands(new TraceLog(), 20)),
    'a thread that had no CPU': () => scene(afterFork(), { runDelayShare: 0.5 }),
  },
});

describe('what it says', () => {
  it('names the fork, the pages and the setting', () => {
    const { title, why, evidence, fix } = findingOf(ID, scene(afterFork()));
    expect(title).toContain('fork');
    expect(why).toContain('60 page faults');
    expect(evidence.some(({ text }) => text.includes('clone('))).toBe(true);
    expect(evidence.some(({ text }) => text.includes('[always]'))).toBe(true);
    expect(fix!.command).toContain('transparent_hugepage');
  });

  it('says how often the kernel set one up where nobody was late', () => {
    expect(verdictFor(ID, scene(quiet(), { faults: 0 }))).toMatchObject({
      because: 'huge pages are set to "always"; 0 page faults set one up, 0 moved memory together first',
    });
  });
});
