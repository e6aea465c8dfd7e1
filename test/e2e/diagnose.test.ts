import { readFileSync, readlinkSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { measureFsync } from '../../src/lab/fsync-time.ts';
import type { NetworkNamespace } from '../../src/lab/netns.ts';
import { harmTo } from '../support/processes.ts';
import { codeOfHealthy, ownFindings, reportOf } from '../support/reports.ts';
import { describeNeeds } from '../support/requirements.ts';
import { type Child, type Finished, type Listener, Scene } from '../support/scene.ts';

const ALWAYS = { appendonly: 'yes', appendfsync: 'always' };
const EVERYSEC = { appendonly: 'yes', appendfsync: 'everysec' };
const KEYS = 400;
/** Keys with the value asked for: each of them is an SADD. */
const MATCHES = 134;

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

async function diagnose(target: Listener | string[], ...args: string[]): Promise<Finished> {
  const which = Array.isArray(target) ? target : ['--pid', String(target.pid)];
  const run = scene.perfcase(['diagnose', ...which, '--duration', '3s', '--format', 'json', ...args]);
  const finished = await run.finished;
  if (!Array.isArray(target)) expect(harmTo(target.pid)).toBeUndefined();
  expect(run.family()).toEqual([]);
  return finished;
}

/** The case: the slow application before a server that syncs each write, and a client that asks again and again. */
async function slowCase(server: Listener, netns?: NetworkNamespace): Promise<{ app: Listener; load: Child }> {
  const app = await scene.app(server, { netns });
  await scene.get(app, `/init/${KEYS}`, { netns });
  return { app, load: scene.load(app, '/get_cache', { netns }) };
}

/** Both causes of the case, with what proves them. */
function expectTheCase({ code, stdout, stderr }: Finished, server: Listener, app: Listener): Report {
  const report = reportOf({ code, stdout, stderr, signal: null });
  expect(code).toBe(3);
  expect(stderr).not.toMatch(/internal error|\n\s+at /);
  expect(ownFindings(report)).toEqual(
    expect.arrayContaining(['fsync-per-write', 'write-in-read-path', 'n-plus-one-reads']),
  );
  expect(report).toMatchObject({
    schema: 'perfcase.report/1',
    target: { pid: server.pid, server: { port: server.port } },
    window: { seconds: expect.any(Number), startedAt: expect.any(String), endedAt: expect.any(String) },
    tracer: { name: expect.any(String), events: expect.any(Number) },
    verdict: 'found',
  });
  // A fast server makes enough calls before the window is over.
  expect(report.window.seconds).toBeGreaterThan(1);
  expect(report.window.seconds).toBeLessThanOrEqual(3);
  const sync = report.findings.find(({ id }) => id === 'fsync-per-write')!;
  expect(sync.fix?.command).toBe('CONFIG SET appendfsync everysec');
  expect(sync.why).toContain(`${server.dir}/appendonlydir/appendonly.aof.1.incr.aof`);
  expect(sync.evidence.map(({ text }) => text).join('\n')).toMatch(/fdatasync\(\d+\)/);
  expect(report.clients).toContainEqual(
    expect.objectContaining({ pid: app.pid, address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }),
  );
  const endpoint = report.endpoints.find(({ name }) => name === 'GET /get_cache');
  expect(endpoint?.commands).toMatchObject({ GET: expect.any(Number), SADD: expect.any(Number) });
  return report;
}

describeNeeds(
  ['dist', 'ptrace', 'netns', 'redis-server', 'slow-disk'],
  'redis-server in a network namespace',
  () => {
    it('is diagnosed from outside, on a slow disk, before and after each fix', async () => {
      const netns = await scene.netns();
      const disk = await scene.slowDisk();
      const server = await scene.redis({ netns, dir: disk.mountPoint, directives: ALWAYS });
      const { app, load } = await slowCase(server, netns);
      const report = expectTheCase(await diagnose(server), server, app);
      expect(report.target).toMatchObject({
        comm: 'redis-server',
        netns: String(netns.inode),
        server: { kind: 'redis', port: 6379 },
      });
      const version = /redis_version:(\S+)/.exec(await scene.cli(server, ['info', 'server'], { netns }))![1]!;
      expect(report.target.server?.version).toBe(version);
      const sync = report.findings.find(({ id }) => id === 'fsync-per-write')!;
      expect(sync.severity).toBe('critical');
      expect(sync.share).toBeGreaterThan(0.5);

      await scene.cli(server, ['config', 'set', 'appendfsync', 'everysec'], { netns });
      const everysec = await diagnose(server);
      expect(everysec.code).toBe(3);
      expect(ownFindings(reportOf(everysec))).not.toContain('fsync-per-write');
      expect(ownFindings(reportOf(everysec))).toContain('write-in-read-path');

      await load.kill('SIGINT');
      scene.load(app, '/get_cache_data', { netns });
      const rewritten = ownFindings(reportOf(await diagnose(server)));
      expect(rewritten).not.toContain('fsync-per-write');
      expect(rewritten).not.toContain('write-in-read-path');
      expect(rewritten).not.toContain('n-plus-one-reads');
    });
  },
);

describeNeeds(['dist', 'ptrace', 'netns', 'redis-server'], "redis-server on the machine's own disk", () => {
  it('waits for each sync when the load is the case, wherever that costs anything', async () => {
    const netns = await scene.netns();
    const server = await scene.redis({ netns, directives: ALWAYS });
    const { p50Ms } = await measureFsync(server.dir, { samples: 100, limitMs: 1000 });
    const { app, load } = await slowCase(server, netns);
    const finished = await diagnose(server);
    const report = reportOf(finished);
    expect(finished.code).toBe(3);
    expect(ownFindings(report)).toEqual(expect.arrayContaining(['write-in-read-path', 'n-plus-one-reads']));
    // Where a sync costs next to nothing, as on a disk in memory, it is no cause.
    const requestMs =
      Math.min(...[...load.stdout.matchAll(/elapsed_seconds (\S+)/g)].map((hit) => Number(hit[1]))) * 1000;
    const share = (MATCHES * p50Ms) / requestMs;
    if (share > 0.15) expectTheCase(finished, server, app);
    else
      expect([...ownFindings(report), ...report.ruledOut.map(({ id }) => id)]).toContain('fsync-per-write');
  });
});

describeNeeds(['dist', 'ptrace', 'redis-server'], 'a healthy redis-server', () => {
  /** One client process that sends a command every `interval` seconds, as long as the scene lasts. */
  const pace = (server: Listener, interval: string, ...command: string[]) =>
    scene.spawn(['redis-cli', '-p', String(server.port), '-r', '-1', '-i', interval, ...command]);

  it('gets no finding with everysec under a steady, paced load', async () => {
    const server = await scene.redis({ directives: EVERYSEC });
    pace(server, '0.01', 'SET', 'session', 'something');
    pace(server, '0.01', 'GET', 'session');
    const finished = await diagnose(server);
    const report = reportOf(finished);
    expect(ownFindings(report)).toEqual([]);
    expect(finished.code).toBe(codeOfHealthy(report));
    expect(report.ruledOut.map(({ id }) => id)).toContain('fsync-per-write');
    expect(report.clients.map(({ comm }) => comm)).toContain('redis-cli');
  });

  it('gets none with always when it seldom writes', async () => {
    const server = await scene.redis({ directives: ALWAYS });
    pace(server, '0.2', 'SET', 'session', 'something');
    const finished = await diagnose(server);
    const report = reportOf(finished);
    expect(ownFindings(report)).toEqual([]);
    expect(finished.code).toBe(codeOfHealthy(report));
  });

  it('gets none when it is idle, and is found by its port', async () => {
    const server = await scene.redis({ directives: ALWAYS });
    const finished = await diagnose(['--port', String(server.port)]);
    const report = reportOf(finished);
    expect(report.target.pid).toBe(server.pid);
    expect(ownFindings(report)).toEqual([]);
    expect(finished.code).toBe(codeOfHealthy(report));
    expect(report.clients).toEqual([]);
    expect(harmTo(server.pid)).toBeUndefined();
  });
});

describeNeeds(['dist', 'ptrace', 'slow-disk'], 'the bundled server', () => {
  it('gets the same diagnosis', async () => {
    const disk = await scene.slowDisk();
    const server = await scene.kv({ dir: disk.mountPoint, directives: ALWAYS });
    const { app, load } = await slowCase(server);
    const report = expectTheCase(await diagnose(server), server, app);
    expect(report.target.netns).toBe(/\d+/.exec(readlinkSync('/proc/self/ns/net'))![0]);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(report.target.server).toEqual({ kind: 'perfcase', version, port: server.port });
    await load.kill('SIGINT');
    const idle = await diagnose(server);
    expect(ownFindings(reportOf(idle))).toEqual([]);
    expect(idle.code).toBe(codeOfHealthy(reportOf(idle)));
  });
});
