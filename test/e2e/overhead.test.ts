import { afterEach, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { harmTo } from '../support/processes.ts';
import { ownFindings, reportOf } from '../support/reports.ts';
import { describeNeeds } from '../support/requirements.ts';
import { type Listener, Scene } from '../support/scene.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

async function diagnose(server: Listener, ...args: string[]): Promise<{ report: Report; stderr: string }> {
  const flags = ['--pid', String(server.pid), '--format', 'json', ...args];
  const finished = await scene.perfcase(['diagnose', ...flags]).finished;
  expect(harmTo(server.pid)).toBeUndefined();
  return { report: reportOf(finished), stderr: finished.stderr };
}

/** The case on this machine's own disk: a server that never rests. */
async function busyServer(): Promise<Listener> {
  const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'always' } });
  const app = await scene.app(server);
  await scene.get(app, '/init/100');
  scene.load(app, '/get_cache');
  return server;
}

describeNeeds(['dist', 'ptrace', 'bpf', 'redis-server'], 'what watching may cost', () => {
  it('by strace, a busy server is watched in short windows, and the causes are found all the same', async () => {
    const server = await busyServer();
    const { report, stderr } = await diagnose(server, '--duration', '6s', '--tracer', 'strace');
    const overhead = report.tracer!.overhead!;
    expect(overhead.limit).toBe(0.05);
    expect(overhead.shortened).toMatch(/more than 5 % of its time \(--max-overhead\)\.$/);
    expect(stderr).toContain(overhead.shortened!.slice(0, 20));
    // 5 % of 6 s; one look at what came in may go beyond it.
    expect(overhead.estimated).toBeGreaterThan(0.02);
    expect(overhead.attachedSeconds).toBeLessThan(4.2);
    expect(ownFindings(report)).toContain('write-in-read-path');
  });

  it('without a limit the window is as long as it was asked for, or full', async () => {
    const server = await busyServer();
    const { report } = await diagnose(
      server,
      '--duration',
      '2s',
      '--tracer',
      'strace',
      '--max-overhead',
      '100%',
    );
    expect(report.tracer!.overhead).toMatchObject({ limit: 1, estimated: expect.any(Number) });
    expect(report.tracer!.overhead!.shortened).toBeUndefined();
  });

  it('by bpf, the same ends when a tiny budget is spent, and never costs much', async () => {
    const server = await busyServer();
    const tiny = await diagnose(server, '--duration', '3s', '--tracer', 'bpf', '--max-overhead', '0.01%');
    expect(tiny.report.tracer!.overhead).toMatchObject({ limit: 0.0001, shortened: expect.any(String) });
    expect(tiny.report.tracer!.events).toBeGreaterThan(0);
    const usual = await diagnose(server, '--duration', '3s', '--tracer', 'bpf');
    expect(usual.report.tracer!.overhead!.shortened).toBeUndefined();
    expect(usual.report.tracer!.events).toBeGreaterThan(tiny.report.tracer!.events);
  });

  it('a PING says what clients feel, and is no client, no command and no load', async () => {
    const server = await scene.redis();
    const { report } = await diagnose(server, '--duration', '3s', '--tracer', 'bpf');
    expect(report.tracer!.overhead!.ping).toEqual({
      beforeMs: expect.any(Number),
      duringMs: expect.any(Number),
      count: expect.any(Number),
    });
    expect(report.clients).toEqual([]);
    expect(report.summary).toMatch(/no client sent redis-server a command/);
    expect(ownFindings(report)).toEqual([]);
  });

  it('a server that wants a password and gets none is not pinged', async () => {
    const server = await scene.redis({ directives: { requirepass: 'open sesame' } });
    const { report } = await diagnose(server, '--duration', '2s', '--tracer', 'bpf');
    expect(report.tracer!.overhead!.ping).toBeUndefined();
    const client = ['-a', 'open sesame', '--no-auth-warning', 'info', 'commandstats'];
    expect(await scene.cli(server, client)).not.toMatch(/cmdstat_ping:calls=[2-9]/);
  });
});

describeNeeds(['dist'], 'a budget that is none', () => {
  it.each(['0', '5', '-1%', '101%', 'little'])('--max-overhead %s is refused in one line', async (text) => {
    for (const command of [['diagnose', '--pid', String(process.pid)], ['replay']]) {
      const { code, stdout, stderr } = await scene.perfcase([...command, `--max-overhead=${text}`]).finished;
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toBe(
        `perfcase: --max-overhead: "${text}" is no share; write for example 5%, or 0.05, up to 100%. --tracer none attaches nothing.\n`,
      );
    }
  });
});
