import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { SyscallObservation } from '../../src/core/observation.ts';
import { parseStrace } from '../../src/probes/strace.ts';
import { architectureOf } from '../../src/tracers/bpf/architecture.ts';
import { Kernel } from '../../src/tracers/bpf/kernel.ts';
import { laneShape } from '../../src/tracers/bpf/layout.ts';
import { loadLibc } from '../../src/tracers/bpf/libc.ts';
import { enterProgram, exitProgram } from '../../src/tracers/bpf/programs.ts';
import { createMaps } from '../../src/tracers/bpf/session.ts';
import { type BpfWindow, traceWithBpf } from '../../src/tracers/bpf/trace.ts';
import type { WatchedCalls } from '../../src/tracers/window.ts';
import { loadedPrograms, programsOf } from '../support/bpf-programs.ts';
import { eventually, harmTo } from '../support/processes.ts';
import { ownFindings, reportOf } from '../support/reports.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';
import { DIST, Scene } from '../support/scene.ts';

const scene = new Scene();
afterEach(() => scene.close());

type Captured = Extract<WatchedCalls, { status: 'captured' }>;

interface Watched {
  readonly capture: Captured;
  readonly calls: readonly SyscallObservation[];
}

/** Starts a Node program that waits for a signal, watches it, lets it run, and reads what was seen until it ends. */
async function watchScript(script: string, window: Partial<BpfWindow> = {}): Promise<Watched> {
  const wait = 'const fs = require("node:fs"); process.once("SIGUSR2", () => { main(); });';
  const child = scene.spawn([
    ...[process.execPath, '-e'],
    `${wait} setInterval(() => {}, 1000); console.log("ready"); function main() { ${script} }`,
  ]);
  await child.prints(/ready/);
  const capture = await traceWithBpf({
    ...{ pids: [child.pid], durationMs: 60_000, signal: new AbortController().signal },
    onAttached: () => child.process.kill('SIGUSR2'),
    ...window,
  });
  return { capture: captured(capture), calls: callsOf(captured(capture)) };
}

function captured(capture: WatchedCalls): Captured {
  if (capture.status === 'failed') throw new Error(capture.reason);
  expect(capture.stuck).toEqual([]);
  return capture;
}

function callsOf({ text }: Captured): SyscallObservation[] {
  const { items, problems } = parseStrace(text);
  expect(problems).toEqual([]);
  return items.filter((item) => item.kind === 'syscall');
}

describeNeeds(['bpf'], 'the bpf tracer', () => {
  it('shows calls with their arguments, bytes and results, and ends with the process', async () => {
    const file = join(await scene.folder(), 'a file');
    const { capture, calls } = await watchScript(`
      const fd = fs.openSync("${file}", "w+");
      fs.writeSync(fd, Buffer.from("*1\\r\\n$4\\r\\nPING\\r\\n\\0\\xff", "latin1"));
      fs.writevSync(fd, [Buffer.from("first,"), Buffer.from("second,"), Buffer.alloc(3000, "x")]);
      fs.fsyncSync(fd);
      fs.readSync(fd, Buffer.alloc(64), 0, 64, 0);
      fs.closeSync(fd);
      try { fs.openSync("/nowhere/at/all"); } catch {}
      process.exit();
    `);
    const opened = calls.find(({ name, args }) => name === 'openat' && args.includes(`"${file}"`))!;
    const fd = opened.result!;
    const own = calls.filter((call) => call.fd === fd && call.startUs! >= opened.startUs!);
    const text = '*1\r\n$4\r\nPING\r\n\0';
    expect(own).toMatchObject([
      { name: 'write', result: 16, payload: `${text}\xff` },
      { name: 'writev', result: 3013, payload: expect.stringMatching(/^first,second,x{1011}$/) },
      { name: 'fsync', result: 0, durationUs: expect.any(Number) },
      { name: 'pread64', result: 64, payload: expect.stringMatching(/^\*1\r\n\$4\r\nPING/) },
      { name: 'close', result: 0 },
    ]);
    expect(calls).toContainEqual(
      expect.objectContaining({
        name: 'openat',
        errno: 'ENOENT',
        args: expect.stringContaining('/nowhere/at/all'),
      }),
    );
    const now = Date.now() * 1000;
    expect(opened.startUs).toBeGreaterThan(now - 60e6);
    expect(opened.startUs).toBeLessThan(now + 1e6);
    expect(capture.tracedMs).toBeLessThan(30_000);
    expect(capture.lost).toBe(0);
  });

  it('loses no call of a flood, or counts what it lost', async () => {
    const writes = 300_000;
    const { capture, calls } = await watchScript(
      `
      const fd = fs.openSync("/dev/null", "w");
      const bytes = Buffer.alloc(100, "a");
      for (let at = 0; at < ${writes}; at++) fs.writeSync(fd, bytes);
      process.exit();
    `,
      { maxCalls: 2 * writes },
    );
    const seen = calls.filter(({ name, result }) => name === 'write' && result === 100).length;
    expect(seen).toBeLessThanOrEqual(writes);
    expect(seen + capture.lost).toBeGreaterThanOrEqual(writes);
  });

  it('ends the window when its memory is full', async () => {
    const { capture, calls } = await watchScript(
      `
      const fd = fs.openSync("/dev/null", "w");
      const bytes = Buffer.alloc(100, "a");
      for (;;) fs.writeSync(fd, bytes);
    `,
      { maxCalls: 50_000 },
    );
    expect(capture.full).toBe(true);
    expect(calls.length).toBeGreaterThanOrEqual(50_000);
    expect(capture.tracedMs).toBeLessThan(30_000);
  });

  it.each([0, 1, 200, 1024])(
    'has programs that the verifier accepts, %i bytes of payload',
    async (payloadBytes) => {
      const libc = await loadLibc(architectureOf(process.arch)!.bpfCall);
      const fds: number[] = [];
      const kernel = new Kernel(libc, (fd) => fds.push(fd));
      try {
        const lanes = laneShape(4);
        const maps = createMaps(kernel, lanes);
        // Also those for the other machine: their offsets differ, and here they are loaded only.
        for (const name of ['x64', 'arm64']) {
          for (const followForks of [true, false]) {
            const options = { architecture: architectureOf(name)!, maps, lanes, payloadBytes, followForks };
            expect(kernel.loadProgram(enterProgram(options))).toBeGreaterThan(0);
            expect(kernel.loadProgram(exitProgram(options))).toBeGreaterThan(0);
          }
        }
      } finally {
        for (const fd of fds) libc.close(fd);
      }
    },
  );

  it('sees new threads and forked children, and knows whose they are', async () => {
    const { capture, calls } = await watchScript(`
      const { Worker } = require("node:worker_threads");
      const { spawnSync } = require("node:child_process");
      const worker = new Worker('require("node:fs").writeFileSync("/dev/null", "from a thread")', { eval: true });
      worker.once("exit", () => {
        spawnSync("sh", ["-c", "sleep 0.1; echo from a child > /dev/null"]);
        process.exit();
      });
    `);
    const threads = new Map(capture.threads);
    const thread = calls.find(({ payload }) => payload === 'from a thread')!;
    const child = calls.find(({ payload }) => payload === 'from a child\n')!;
    const parent = threads.get(thread.tid!)!;
    expect(thread.tid).not.toBe(parent);
    expect(threads.get(child.tid!)).toBe(child.tid);
    expect(child.tid).not.toBe(parent);
  });

  it('watches a process of 500 threads', async () => {
    const threads = 500;
    const script = `
      let open = ${threads};
      const fd = fs.openSync("/dev/null", "w");
      for (let at = 0; at < ${threads}; at++) {
        require("node:crypto").randomBytes(1, () => fs.write(fd, "t", () => {
          if (--open === 0) process.exit();
        }));
      }
    `;
    process.env.UV_THREADPOOL_SIZE = String(threads);
    const { capture, calls } = await watchScript(script).finally(() => {
      delete process.env.UV_THREADPOOL_SIZE;
    });
    const clones = calls.filter(({ name, result }) => name.startsWith('clone') && result! > 0);
    expect(clones.length).toBeGreaterThan(threads - 20);
    expect(calls.filter(({ payload }) => payload === 't')).toHaveLength(threads);
    expect(capture.lost).toBe(0);
  });

  it('shows the calls that did not return within the window', async () => {
    const script = 'require("node:child_process").spawnSync("sleep", ["60"]);';
    const { calls } = await watchScript(script, { durationMs: 1000 });
    const open = calls.filter(({ result, errno }) => result === undefined && errno === undefined);
    const names = open.map(({ name }) => name);
    expect(names).toContain('clock_nanosleep');
    expect(names.some((name) => name.startsWith('epoll_'))).toBe(true);
  });

  itNeeds(['dist', 'redis-server', 'ptrace'], 'names the same causes as strace', async () => {
    const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'always' } });
    const app = await scene.app(server);
    await scene.get(app, '/init/60');
    scene.load(app, '/get_cache');
    const found: string[][] = [];
    for (const tracer of ['bpf', 'strace']) {
      const flags = ['--pid', String(server.pid), '--duration', '4s', '--tracer', tracer, '--format', 'json'];
      // Whole windows: in short ones strace sees too little of some causes.
      const run = scene.perfcase(['diagnose', ...flags, '--max-overhead', '100%']);
      const report = reportOf(await run.finished);
      expect(report.tracer?.name).toBe(tracer);
      found.push(ownFindings(report).sort());
    }
    expect(found[0]).toEqual(found[1]);
    expect(found[0]).toEqual(expect.arrayContaining(['fsync-per-write', 'write-in-read-path']));
    expect(harmTo(server.pid)).toBeUndefined();
  });

  itNeeds(['dist', 'redis-server'], 'leaves nothing behind when perfcase is killed', async () => {
    const server = await scene.redis();
    const flags = ['--pid', String(server.pid), '--duration', '30s', '--tracer', 'bpf', '--no-clients'];
    const perfcase = scene.perfcase(['diagnose', ...flags]);
    const held = () => programsOf(perfcase.pid);
    expect(await eventually(() => held().length === 4, 30_000)).toBe(true);
    const ids = new Set(held());
    const loaded = await loadedPrograms();
    expect([...ids].filter((id) => loaded.has(id))).toHaveLength(2);
    await perfcase.kill('SIGKILL');
    expect(
      await eventually(async () => {
        const left = await loadedPrograms();
        return ![...ids].some((id) => left.has(id));
      }),
    ).toBe(true);
    expect(perfcase.family()).toEqual([]);
    expect(harmTo(server.pid)).toBeUndefined();
  });

  itNeeds(['dist', 'setpriv'], 'says in one line that it may not, without the privileges', async () => {
    const target = scene.spawn(['sleep', '60']);
    await sleep(50);
    const command = [process.execPath, join(DIST, 'perfcase.js'), 'diagnose', '--pid', String(target.pid)];
    const without = ['setpriv', '--bounding-set=-sys_admin,-bpf,-perfmon', '--'];
    const { code, stderr } = await scene.spawn([
      ...[...without, ...command, '--duration', '2s', '--tracer', 'bpf'],
    ]).finished;
    expect(stderr).toMatch(/^.*run as root, or with CAP_BPF and CAP_PERFMON$/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(4);
  });
});
