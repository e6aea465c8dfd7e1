import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { traceWithBpf } from '../../src/tracers/bpf/trace.ts';
import { TRACERS } from '../../src/tracers/ladder.ts';
import { loadedPrograms, programsOf } from '../support/bpf-programs.ts';
import { eventually, harmTo, healthOf } from '../support/processes.ts';
import { reportOf } from '../support/reports.ts';
import { describeNeeds } from '../support/requirements.ts';
import { type Child, Scene } from '../support/scene.ts';
import { memberOf } from '../support/soak.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

/** Generous: Node alone takes some 100 MB, and a window keeps a bounded number of calls. */
const MAX_RSS_MB = 400;
const MAX_REPORT_BYTES = 1_000_000;
/** Without a budget: what must hold even when nothing ends the window early. */
const WATCH = ['--duration', '2s', '--max-overhead', '100%', '--format', 'json'];

/** Each prints "ready" when it is what its name says, and ends by itself. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  '10,000 descriptors': node(
    'for (let at = 0; at < 10000; at++) fs.openSync("/dev/null"); console.log("ready"); setInterval(() => fs.readFileSync("/dev/null"), 1);',
  ),
  '500 threads': node(
    'const fd = fs.openSync("/dev/null", "w"); let done = 0;' +
      'const next = () => fs.write(fd, "x", () => { if (++done === 500) console.log("ready"); setTimeout(next, 20); });' +
      'for (let at = 0; at < 500; at++) next();',
  ),
  'a fork storm': [
    'timeout',
    '40',
    'sh',
    '-c',
    'echo ready; n=0; while [ $n -lt 100000 ]; do (:); n=$((n+1)); done',
  ],
  'a flood of calls': [
    'timeout',
    '40',
    'sh',
    '-c',
    'echo ready; exec dd if=/dev/zero of=/dev/null bs=1 2>/dev/null',
  ],
};

function node(script: string): string[] {
  const body = `const fs = require("node:fs"); setTimeout(() => process.exit(), 60000); ${script}`;
  return [process.execPath, '-e', body];
}

/** The process that does the work: what a starter such as "timeout" started last. */
function worker(child: Child): number {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim();
  return children === '' ? child.pid : Number(children.split(' ')[0]);
}

/** Megabytes that a run and everything it started took at most, as far as that was seen. */
async function peakOf(child: Child): Promise<number> {
  const peaks = new Map<number, number>();
  while (!child.isOver) {
    for (const line of child.family()) {
      const pid = Number(line.split(' ')[0]);
      const status = statusOf(pid);
      const peak = Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
      peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peak));
    }
    await sleep(20);
  }
  // Tools follow one another; perfcase itself is there all the time.
  return Math.max(0, ...peaks.values());
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

describeNeeds(['dist', 'ptrace', 'bpf', 'bpftrace', 'perf'], 'a target that is a burden to watch', () => {
  const cases = Object.keys(TARGETS).flatMap((name) =>
    (/storm|flood/.test(name) ? TRACERS : (['bpf', 'strace'] as const)).map(
      (tracer) => [name, tracer] as const,
    ),
  );

  it.each(cases)('%s, by %s: perfcase stays small, and the target is let go', async (name, tracer) => {
    const target = scene.spawn(TARGETS[name]!, { env: { UV_THREADPOOL_SIZE: '500' } });
    await target.prints(/ready/);
    const pid = worker(target);
    const temp = await scene.temp();
    const run = scene.perfcase(['diagnose', '--pid', String(pid), '--tracer', tracer, ...WATCH], {
      env: temp.env,
    });
    const [finished, peakMb] = await Promise.all([run.finished, peakOf(run)]);
    const report: Report = reportOf(finished);
    expect([0, 3, 4]).toContain(finished.code);
    expect(finished.stderr).not.toMatch(/internal error|^\s+at /m);
    expect(report.tracer?.name).toBe(tracer);
    expect(report.tracer!.events).toBeGreaterThan(100);
    expect(peakMb).toBeLessThan(MAX_RSS_MB);
    expect(finished.stdout.length).toBeLessThan(MAX_REPORT_BYTES);
    expect(await temp.left()).toEqual([]);
    expect(run.family()).toEqual([]);
    expect(await eventually(() => harmTo(pid) === undefined)).toBe(true);
    expect(harmTo(pid)).toBeUndefined();
    expect(target.isOver).toBe(false);
  });
});

describeNeeds(['dist', 'ptrace', 'bpf'], 'somebody else has a say too', () => {
  it.each(['bpf', 'strace'])('a target that is stopped while %s watches it stays stopped', async (tracer) => {
    const target = scene.spawn(
      node('console.log("ready"); setInterval(() => fs.readFileSync("/dev/null"), 1);'),
    );
    await target.prints(/ready/);
    const run = scene.perfcase(['diagnose', '--pid', String(target.pid), '--tracer', tracer, ...WATCH]);
    await run.prints(/tracing/);
    await sleep(400);
    process.kill(target.pid, 'SIGSTOP');
    const finished = await run.finished;
    expect([0, 3, 4]).toContain(finished.code);
    expect(await eventually(() => healthOf(target.pid)?.tracers.length === 0)).toBe(true);
    expect(healthOf(target.pid)?.states).toMatch(/^T+$/);
    process.kill(target.pid, 'SIGCONT');
    expect(await eventually(() => harmTo(target.pid) === undefined)).toBe(true);
  });

  it('a process that got the number of one that ended is left alone', async () => {
    // A namespace of its own gives pids away as it is told to.
    const script = `
      for each in 1 2 3 4 5 6 7 8; do (:); done
      sleep 50 & old=$!
      "$0" "$1" diagnose --pid $old --tracer strace --duration 3s --format json > "$2" 2>/dev/null & run=$!
      sleep 1
      kill -9 $old; wait $old
      echo $((old - 1)) > /proc/sys/kernel/ns_last_pid
      sleep 40 & new=$!
      echo "reused $old $new"
      wait $run; echo "code $?"
      grep TracerPid /proc/$new/status
      kill $new`;
    const folder = await scene.folder();
    const report = `${folder}/report.json`;
    const run = scene.spawn([
      ...['timeout', '60', 'unshare', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', script],
      ...[process.execPath, `${process.env.PERFCASE_DIST ?? 'dist'}/perfcase.js`, report],
    ]);
    const { stdout, stderr } = await run.finished;
    const reused = /reused (\d+) (\d+)/.exec(stdout);
    expect(reused, stdout + stderr).not.toBeNull();
    expect(reused![1]).toBe(reused![2]);
    expect(stdout).toMatch(/code 4\nTracerPid:\t0\n/);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      verdict: 'inconclusive',
      summary: expect.stringContaining('it ended while it was watched'),
    });
  });
});

describeNeeds(
  ['dist', 'bpf', 'bpftrace', 'perf', 'redis-server'],
  'perfcase is killed while a tool watches',
  () => {
    it.each(['bpftrace', 'perf'])('%s ends with it, and leaves nothing in the kernel', async (tracer) => {
      const server = await scene.redis();
      const temp = await scene.temp();
      const args = ['diagnose', '--pid', String(server.pid), '--duration', '60s', '--tracer', tracer];
      const run = scene.perfcase(args, { env: temp.env });
      await run.prints(/tracing/);
      const tool = () => memberOf(run, tracer);
      expect(await eventually(() => tool() !== undefined, 20_000)).toBe(true);
      const held = () => programsOf(tool() ?? 0);
      if (tracer === 'bpftrace') expect(await eventually(() => held().length > 0, 20_000)).toBe(true);
      else await sleep(500);
      const programs = held();
      expect((await run.kill('SIGKILL')).signal).toBe('SIGKILL');
      expect(await eventually(() => run.family().length === 0, 10_000)).toBe(true);
      const isGone = async () => {
        const left = await loadedPrograms();
        return !programs.some((id) => left.has(id));
      };
      expect(await eventually(isGone)).toBe(true);
      expect(harmTo(server.pid)).toBeUndefined();
      expect(await temp.left()).toEqual([]);
      expect(await scene.cli(server, ['ping'])).toBe('PONG');
    });
  },
);

describeNeeds(['bpf'], 'the programs in the kernel', () => {
  it('are gone when the window is over', async () => {
    const target = scene.spawn(TARGETS['10,000 descriptors']!);
    await target.prints(/ready/);
    let held: number[] = [];
    const capture = await traceWithBpf({
      ...{ pids: [target.pid], durationMs: 200, signal: new AbortController().signal },
      onAttached: () => {
        held = programsOf(process.pid);
      },
    });
    expect(capture).toMatchObject({ status: 'captured', stuck: [] });
    // Two programs, each held by its own descriptor and by the one that attaches it.
    expect(held).toHaveLength(4);
    expect(programsOf(process.pid)).toEqual([]);
    // The kernel frees them a moment later.
    const isGone = async () => {
      const left = await loadedPrograms();
      return !held.some((id) => left.has(id));
    };
    expect(await eventually(isGone)).toBe(true);
  });
});
