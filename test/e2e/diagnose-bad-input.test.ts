import { cp, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { eventually, harmTo, healthOf } from '../support/processes.ts';
import { codeOfHealthy, ownFindings, reportOf } from '../support/reports.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';
import { DIST, type Finished, type Listener, Scene, type SpawnOptions } from '../support/scene.ts';

const WINDOW = ['--duration', '2s'];
let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

/** Runs perfcase to its end, and checks what holds for every end: no stack trace, nothing left behind. */
async function run(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  const temp = await scene.temp();
  const child = scene.perfcase(args, { ...options, env: { ...temp.env, ...options.env } });
  const finished = await child.finished;
  expect([0, 1, 2, 3, 4]).toContain(finished.code);
  expect(finished.stderr).not.toMatch(/internal error|^\s+at /m);
  expect(child.family()).toEqual([]);
  expect(await temp.left()).toEqual([]);
  return finished;
}

const json = (pid: number) => ['diagnose', '--pid', String(pid), ...WINDOW, '--format', 'json'];

/** One line, and only that. */
function expectOneLine({ stderr }: Finished, pattern: RegExp): void {
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(pattern)]);
}

describeNeeds(['dist'], 'a target that is none', () => {
  it.each([
    [['--pid', '4194300'], /^perfcase: no process has pid 4194300/],
    [['--pid', '0'], /^perfcase: --pid takes a number/],
    [
      ['--pid', '1', '--record', 'x', '--output', './x'],
      /^perfcase: --record and --output name the same file/,
    ],
    [['--pid', 'redis'], /^perfcase: --pid takes a number/],
    [['--port', '99999'], /^perfcase: --port takes a number/],
    [[], /^perfcase: say which process to watch/],
    [['--pid', '1', '--port', '6379'], /^perfcase: say which process to watch/],
    [['--pid', String(process.pid), '--duration', '1ms'], /^perfcase: --duration 1ms/],
    [['--pid', String(process.pid), '--duration', 'long'], /^perfcase: /],
    [['--pid', String(process.pid), '--tracer', 'magic'], /^perfcase: there is no tracer "magic"/],
    [['--pid', String(process.pid), '--format', 'pdf'], /^perfcase: there is no format "pdf"/],
    [['--pid', String(process.pid), '--fail-on', 'often'], /^perfcase: --fail-on/],
    [['--pid', String(process.pid), '--pass-file', '/nonexistent/file'], /cannot be read/],
    [['--container', 'perfcase-no-such-container'], /^perfcase: no container is called/],
  ])('%j is refused in one line', async (args, line) => {
    const finished = await run(['diagnose', ...args]);
    expect(finished.code).toBe(2);
    expect(finished.stdout).toBe('');
    expectOneLine(finished, line);
  });

  it('a process that has ended is no target', async () => {
    const child = scene.spawn(['true']);
    await child.finished;
    expect((await run(['diagnose', '--pid', String(child.pid)])).code).toBe(2);
  });
});

describeNeeds(['dist', 'root', 'redis-server'], 'without privilege', () => {
  it("another user's process is left alone, and the report says why", async () => {
    const server = await scene.redis();
    // Everybody can read this copy, wherever the project lies.
    const copy = await scene.folder();
    await cp(DIST, join(copy, 'dist'), { recursive: true });
    const command = ['chmod', '-R', 'a+rX', copy];
    expect((await scene.spawn(command).finished).code).toBe(0);
    const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
    const child = scene.spawn([
      ...asNobody,
      ...[process.execPath, join(copy, 'dist/perfcase.js'), ...json(server.pid)],
    ]);
    const finished = await child.finished;
    expect(finished.code).toBe(4);
    expect(reportOf(finished).summary).toMatch(/strace may not attach to pid \d+; run as root/);
    expect(finished.stderr).not.toMatch(/internal error|^\s+at /m);
    expect(harmTo(server.pid)).toBeUndefined();
    expect(child.family()).toEqual([]);
  });
});

describeNeeds(['dist', 'ptrace', 'redis-server'], 'a target that is hard to watch', () => {
  it.each([
    ['before the tracer', /watching/],
    ['under the tracer', /tracing/],
  ])('a process that exits %s: inconclusive, and said so', async (_when, line) => {
    const server = await scene.redis();
    const temp = await scene.temp();
    const child = scene.perfcase(json(server.pid), { env: temp.env });
    await child.prints(line);
    await new Promise((settle) => setTimeout(settle, 300));
    await server.child.kill('SIGKILL');
    const finished = await child.finished;
    expect(finished.code).toBe(4);
    expect(finished.stderr).toMatch(/ended while it was watched/);
    expect(finished.stderr).not.toMatch(/internal error|^\s+at /m);
    expect(reportOf(finished).verdict).toBe('inconclusive');
    expect(child.family()).toEqual([]);
    expect(await temp.left()).toEqual([]);
  });

  it('a process that speaks no RESP: inconclusive', async () => {
    const sleeper = scene.spawn(['sleep', '60']);
    const web = await scene.app({ child: sleeper, pid: sleeper.pid, port: 1, dir: '' });
    scene.perfcase(['load', `http://127.0.0.1:${web.port}/`, '--interval', '50ms']);
    for (const pid of [sleeper.pid, web.pid]) {
      const finished = await run(json(pid));
      const report = reportOf(finished);
      expect(ownFindings(report)).toEqual([]);
      expect(finished.code).toBe(codeOfHealthy(report) || 4);
      const reasons = report.notChecked.map(({ because }) => because);
      expect([report.summary, ...reasons].join('\n')).toMatch(/spoke no RESP/);
      expect(harmTo(pid)).toBeUndefined();
    }
  });

  it('without strace, or with --tracer none, what can be said is said', async () => {
    const server = await scene.redis();
    const bin = await scene.folder();
    for (const tool of ['setpriv', 'timeout', 'top', 'iostat', 'pidstat', 'lsof', 'nsenter']) {
      const { stdout } = await scene.spawn(['sh', '-c', `command -v ${tool}`]).finished;
      if (stdout !== '') await symlink(stdout.trim(), join(bin, tool));
    }
    const strace = [...json(server.pid), '--tracer', 'strace'];
    const finished = await run(strace, { env: { PATH: bin } });
    expect(finished.code).toBe(4);
    expect(finished.stderr).toContain(
      'perfcase: strace is not installed; apt-get install strace brings it\n',
    );
    expect(reportOf(finished).summary).toContain('strace is not installed');
    const bare = await run(strace, { env: { PATH: await scene.folder() } });
    expect(bare.code).toBe(4);
    const untraced = await run([...json(server.pid), '--tracer', 'none']);
    expect(untraced.code).toBe(4);
    expect(reportOf(untraced).tracer).toBeUndefined();
    expect(harmTo(server.pid)).toBeUndefined();
  });

  it('another tracer is named, and left attached', async () => {
    const server = await scene.redis();
    const other = scene.spawn(['strace', '-f', '-o', '/dev/null', '-p', String(server.pid)]);
    expect(await eventually(() => (healthOf(server.pid)?.tracers.length ?? 0) > 0)).toBe(true);
    const finished = await run([...json(server.pid), '--tracer', 'strace']);
    const report = reportOf(finished);
    expect(finished.code).toBe(3);
    expect(report.findings[0]).toMatchObject({
      id: 'tracer-attached',
      why: expect.stringContaining(`strace (pid ${other.pid})`),
    });
    expect(healthOf(server.pid)?.tracers).toEqual([other.pid]);
    expect(await scene.cli(server, ['ping'])).toBe('PONG');
  });

  it('a server that is stopped is left stopped, as it was found', async () => {
    const server = await scene.redis();
    process.kill(server.pid, 'SIGSTOP');
    const finished = await run(json(server.pid));
    expect(finished.code).toBe(4);
    expect(finished.stderr).toMatch(/its settings were not read: .*did not answer/);
    const health = healthOf(server.pid);
    expect(health?.tracers).toEqual([]);
    expect(health?.states).toMatch(/^T+$/);
    process.kill(server.pid, 'SIGCONT');
    expect(await scene.cli(server, ['ping'])).toBe('PONG');
  });
});

describeNeeds(['dist', 'ptrace', 'redis-server'], 'a server that wants a password', () => {
  const protectedServer = () =>
    scene.redis({ directives: { requirepass: 'open sesame', appendonly: 'yes' } });
  const passFile = async (text: string) => {
    const file = join(await mkdtemp(join(await scene.folder(), 'pass-')), 'password');
    await writeFile(file, text);
    return ['--pass-file', file];
  };

  it.each([
    ['in the environment', { REDISCLI_AUTH: 'open sesame' }, undefined],
    ['in a file', {}, 'open sesame\n'],
  ])('gets it %s', async (_where, env, file) => {
    const server = await protectedServer();
    const finished = await run([...json(server.pid), ...(file ? await passFile(file) : [])], { env });
    const report = reportOf(finished);
    expect(finished.code).toBe(codeOfHealthy(report));
    expect(report.target.server).toMatchObject({
      kind: 'redis',
      version: expect.any(String),
      port: server.port,
    });
    expect(finished.stderr).not.toContain('settings were not read');
    expect(finished.stdout + finished.stderr).not.toContain('open sesame');
  });

  it.each([
    ['a wrong one', 'guess\n', /its settings were not read: .*password/],
    ['none', undefined, /its settings were not read: .*(password|auth)/i],
  ])('is watched all the same with %s', async (_what, file, line) => {
    const server = await protectedServer();
    const finished = await run([...json(server.pid), ...(file ? await passFile(file) : [])], {
      env: { REDISCLI_AUTH: '' },
    });
    const report = reportOf(finished);
    expect(finished.stderr).toMatch(line);
    expect(finished.stderr).not.toContain('guess');
    expect(ownFindings(report)).toEqual([]);
    expect(finished.code).toBe(codeOfHealthy(report));
    expect(report.target.server?.kind).toBe('redis');
    expect(harmTo(server.pid)).toBeUndefined();
  });
});

describeNeeds(['dist'], 'ports that are taken', () => {
  it('kv and app say so and end', async () => {
    const server = await scene.kv();
    for (const command of ['kv', 'app']) {
      const finished = await run([command, '--port', String(server.port)]);
      expect([1, 2]).toContain(finished.code);
      expectOneLine(finished, new RegExp(`^perfcase: ${command}: .*${server.port}`));
    }
  });
});

describeNeeds(['dist', 'ptrace', 'redis-server'], 'a report that cannot be delivered', () => {
  const text = (server: Listener) => ['diagnose', '--pid', String(server.pid), ...WINDOW];

  it.each(['text', 'json'])('a reader who closes early is no failure (%s)', async (format) => {
    const server = await scene.redis();
    const child = scene.perfcase([...text(server), '--format', format]);
    child.process.stdout!.destroy();
    const { code, stderr } = await child.finished;
    expect([0, 3]).toContain(code);
    expect(stderr).not.toMatch(/EPIPE|internal error|^\s+at /m);
    expect(harmTo(server.pid)).toBeUndefined();
    expect(child.family()).toEqual([]);
  });

  itNeeds(['root'], 'a full disk: the report goes to standard output, and no half file stays', async () => {
    const server = await scene.redis();
    const disk = await scene.folder();
    const mount = ['mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk];
    expect((await scene.spawn(mount).finished).code).toBe(0);
    scene.defer(() => scene.spawn(['umount', disk]).finished);
    const output = join(disk, 'report.json');
    const finished = await run([...json(server.pid), '--quiet', '--output', output]);
    expect(finished.code).toBe(2);
    expectOneLine(finished, /report\.json cannot be written \(the disk is full\)/);
    expect(reportOf(finished).schema).toBe('perfcase.report/1');
    expect((await scene.spawn(['ls', '-A', disk]).finished).stdout).toBe('');
    const elsewhere = await run([...json(server.pid), '--output', join(disk, 'none/report.json')]);
    expect(elsewhere.code).toBe(2);
    expect(elsewhere.stderr).toMatch(/cannot be written \(no such folder\)/);
  });
});

describeNeeds(['dist'], 'analyze', () => {
  it('reads files, and refuses what is none', async () => {
    const folder = await scene.folder();
    const log = join(folder, 'strace.txt');
    await writeFile(
      log,
      Array.from({ length: 40 }, (_, n) => `14:22:${10 + n}.013547 fdatasync(7) = 0 <0.007112>\n`).join(''),
    );
    const fine = await run(['analyze', '--strace', log, '--format', 'json']);
    expect(reportOf(fine).schema).toBe('perfcase.report/1');
    expect((await run(['analyze', '--strace', join(folder, 'none')])).code).toBe(2);
    expect((await run(['analyze'])).code).toBe(2);
  });
});
