import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadedPrograms, programsOf } from '../support/bpf-programs.ts';
import { eventually, harmTo } from '../support/processes.ts';
import { describeNeeds } from '../support/requirements.ts';
import { type Child, Scene } from '../support/scene.ts';
import { memberOf } from '../support/soak.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const TRACING = /perfcase: tracing/;

describeNeeds(['dist', 'root', 'bpf', 'bpftrace', 'perf', 'redis-server'], 'a tool that traces', () => {
  it.each([
    ['bpftrace', 'SIGINT', 'perfcase'],
    ['bpftrace', 'SIGKILL', 'perfcase'],
    ['bpftrace', 'SIGKILL', 'timeout'],
    ['perf', 'SIGINT', 'perfcase'],
    ['perf', 'SIGKILL', 'perfcase'],
  ] as const)('%s leaves nothing behind after %s to %s', async (tracer, signal, whom) => {
    const server = await scene.redis({ directives: { appendonly: 'yes' } });
    const temp = await scene.temp();
    const hadTracefs = existsSync('/sys/kernel/tracing/events');
    const flags = ['--pid', String(server.pid), '--duration', '4s', '--tracer', tracer, '--no-clients'];
    const perfcase: Child = scene.perfcase(['diagnose', ...flags], { env: temp.env, group: true });
    await perfcase.prints(TRACING);
    const tool = () => memberOf(perfcase, tracer);
    expect(await eventually(() => tool() !== undefined)).toBe(true);
    const pid = tool()!;
    // bpftrace compiles its program first; perf has none.
    if (tracer === 'bpftrace') expect(await eventually(() => programsOf(pid).length > 0, 15_000)).toBe(true);
    const held = new Set(programsOf(pid));
    await sleep(200);
    const victim = whom === 'perfcase' ? perfcase.pid : memberOf(perfcase, whom)!;
    process.kill(signal === 'SIGINT' ? -victim : victim, signal);
    const { stderr } = await perfcase.finished;
    expect(stderr).not.toMatch(/internal error|^\s+at /m);
    expect(await eventually(() => perfcase.family().length === 0, 10_000)).toBe(true);
    expect(
      await eventually(async () => {
        const left = await loadedPrograms();
        return ![...held].some((id) => left.has(id));
      }),
    ).toBe(true);
    expect(harmTo(server.pid)).toBeUndefined();
    expect(await temp.left()).toEqual([]);
    expect(existsSync('/sys/kernel/tracing/events')).toBe(hadTracefs);
    expect(await scene.cli(server, ['ping'])).toBe('PONG');
  });
});
