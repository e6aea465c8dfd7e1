import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { eventually, harmTo } from '../support/processes.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';
import { type Child, type Listener, Scene, type SpawnOptions } from '../support/scene.ts';
import { soakVerify } from '../support/soak-verify.ts';
import { notesIn, policyOf, verifyArgs } from '../support/verify.ts';
import { FSYNC_FINDING, reportFile } from '../support/verify-report.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

const ALWAYS = { appendonly: 'yes', appendfsync: 'always' };
const APPLIED = /window 2 of 7: with/;

interface Stage {
  readonly server: Listener;
  readonly state: string;
  /** Starts verify on the server; windows of 2 s, without a tracer. */
  readonly verify: (args?: readonly string[], options?: SpawnOptions) => Child;
}

async function stage(server: Listener): Promise<Stage> {
  const dir = await scene.folder();
  const state = join(dir, 'state');
  const args = verifyArgs(server, await reportFile(dir));
  return {
    ...{ server, state },
    verify: (more = [], options = {}) =>
      scene.perfcase([...args, ...more], { ...options, env: { PERFCASE_STATE_DIR: state, ...options.env } }),
  };
}

const started = async (options = {}) => stage(await scene.redis({ directives: ALWAYS, ...options }));
const isBack = (server: Listener, limitMs = 5000) =>
  eventually(async () => (await policyOf(scene, server)) === 'always', limitMs);

/** The watchdog of a run. */
function keeperOf(child: Child): number {
  return Number(
    child
      .family()
      .find((line) => line.includes('--keeper'))
      ?.split(' ')[0],
  );
}

/** A client that writes without a pause. */
function writer(server: Listener, netns?: SpawnOptions['netns']): void {
  const command = [
    'redis-benchmark',
    '-p',
    String(server.port),
    '-c',
    '1',
    '-l',
    '-q',
    '-r',
    '1000',
    '-t',
    'set',
  ];
  scene.spawn(command, { netns });
}

describeNeeds(['dist', 'redis-server'], 'verify', () => {
  it('measures without and with the fix, and puts the old value back', async () => {
    const { server, state, verify } = await started();
    writer(server);
    const { code, stdout, stderr } = await verify(['--format', 'json']).finished;
    expect([0, 3, 4], stderr).toContain(code);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      schema: 'perfcase.verify/1',
      finding: 'fsync-per-write',
      change: 'CONFIG SET appendfsync everysec',
      old: { appendfsync: 'always' },
      metric: 'milliseconds per command by the counters',
      verdict: ['better', '', '', 'worse', 'cannot-tell'][code!],
      left: { kind: 'restored', text: 'appendfsync is always, as before' },
    });
    expect(result.windows.map(({ fix }: { fix: boolean }) => fix)).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(result.difference).toBeLessThan(1);
    expect(result.predicted.after).toBeGreaterThan(0);
    expect(await policyOf(scene, server)).toBe('always');
    expect(notesIn(state)).toEqual([]);
  });

  it.each([
    ['kill -9', 'SIGKILL', 0],
    ['kill -9, later', 'SIGKILL', 900],
    ['Ctrl-C', 'SIGINT', 300],
    ['kill', 'SIGTERM', 100],
  ] as const)('%s while the fix is on: the old value is back within 5 s', async (_how, signal, afterMs) => {
    const { server, state, verify } = await started();
    const child = verify([], { group: true });
    await child.prints(APPLIED);
    expect(await policyOf(scene, server)).toBe('everysec');
    await sleep(afterMs);
    const { code, stdout } = await child.kill(signal, true);
    expect(await isBack(server)).toBe(true);
    expect(await eventually(() => child.family().length === 0)).toBe(true);
    expect(notesIn(state)).toEqual([]);
    if (signal === 'SIGKILL') return;
    expect(code).toBe(4);
    expect(stdout).toContain(`Cannot tell: interrupted (${signal}).`);
    expect(stdout).toContain('left       appendfsync is always, as before\n');
  });

  it('a watchdog that is told to end puts the value back; the run says so and stops', async () => {
    const { server, verify } = await started();
    const child = verify();
    await child.prints(APPLIED);
    process.kill(keeperOf(child), 'SIGTERM');
    expect(await isBack(server)).toBe(true);
    const { code, stdout } = await child.finished;
    expect(code).toBe(4);
    expect(stdout).toContain('the watchdog was ended from outside');
  });

  it('a watchdog that was killed is replaced', async () => {
    const { server, state, verify } = await started();
    const child = verify();
    await child.prints(APPLIED);
    process.kill(keeperOf(child), 'SIGKILL');
    const { code, stdout } = await child.finished;
    expect(code).toBe(4);
    expect(stdout).toContain('appendfsync is always, as before');
    expect(await policyOf(scene, server)).toBe('always');
    expect(notesIn(state)).toEqual([]);
  });

  it.each([
    ['verify --restore', ['verify', '--restore']],
    ['the next verify', undefined],
  ])('when the watchdog was killed too, %s puts it back', async (_how, args) => {
    const { server, state, verify } = await started();
    const child = verify();
    await child.prints(APPLIED);
    process.kill(keeperOf(child), 'SIGKILL');
    await child.kill('SIGKILL');
    expect(await policyOf(scene, server)).toBe('everysec');
    expect(notesIn(state)).toHaveLength(1);
    if (args) {
      const restored = await scene.perfcase(args, { env: { PERFCASE_STATE_DIR: state } }).finished;
      expect(restored.code).toBe(0);
      expect(restored.stdout).toContain('was still on from a run that was killed; it was put back');
    } else {
      const next = verify();
      await next.prints(/window 1 of 7/);
      expect(next.stderr).toContain('was still on from a run that was killed; it was put back');
      expect(await policyOf(scene, server)).toBe('always');
      await next.kill('SIGINT');
    }
    expect(await policyOf(scene, server)).toBe('always');
    expect(notesIn(state)).toEqual([]);
  });

  it('what somebody else sets meanwhile is left alone', async () => {
    const { server, verify } = await started();
    const child = verify();
    await child.prints(APPLIED);
    await scene.cli(server, ['config', 'set', 'appendfsync', 'no']);
    const { code, stdout } = await child.finished;
    expect(code).toBe(4);
    expect(stdout).toContain('appendfsync is no now, set by somebody else; it was left alone');
    expect(await policyOf(scene, server)).toBe('no');
  });

  it('a server that ends and comes back gets its old value, whatever its start says', async () => {
    const { server, verify } = await started();
    const child = verify();
    await child.prints(APPLIED);
    await server.child.kill('SIGKILL');
    const again = await scene.redis({
      ...{ port: server.port, dir: server.dir },
      directives: { ...ALWAYS, appendfsync: 'everysec' },
    });
    expect(await isBack(again)).toBe(true);
    const { code, stdout } = await child.finished;
    expect(code).toBe(4);
    expect(stdout).toMatch(/ended meanwhile/);
  });

  it('--keep leaves the fix on, and says so', async () => {
    const { server, state, verify } = await started();
    writer(server);
    const { stdout } = await verify(['--keep']).finished;
    const isWorse = stdout.includes('It makes things slower');
    expect(await policyOf(scene, server)).toBe(isWorse ? 'always' : 'everysec');
    if (!isWorse) expect(stdout).toContain('CONFIG SET appendfsync everysec stays on, as --keep asks');
    expect(notesIn(state)).toEqual([]);
  });

  it('gets the password from the environment, and shows it nowhere', async () => {
    const password = 'correct-horse-7';
    const { server, state, verify } = await started({ directives: { ...ALWAYS, requirepass: password } });
    const env = { REDISCLI_AUTH: password };
    const child = verify(['--format', 'json'], { env });
    await child.prints(APPLIED);
    const keeper = keeperOf(child);
    const seen = [
      ...child.family(),
      ...notesIn(state).map((name) => readFileSync(name, 'utf8')),
      readFileSync(`/proc/${keeper}/environ`, 'latin1'),
    ].join('\n');
    expect(seen).toContain('--keeper');
    expect(seen).toContain('everysec');
    expect(seen).not.toContain(password);
    await child.kill('SIGINT');
    expect(child.stdout + child.stderr).not.toContain(password);
    expect(await policyOf(scene, server, env)).toBe('always');
    const wrong = await verify([], { env: { REDISCLI_AUTH: 'wrong' } }).finished;
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /^perfcase: [^\n]*does not accept the password[^\n]*Nothing was changed\.\n$/,
    );
  });

  it('refuses a server that does not let itself be changed', async () => {
    const dir = await scene.folder();
    const port = await freePort();
    const file = join(dir, 'redis.conf');
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsave ""\ndir ${dir}\nrename-command CONFIG ""\n`);
    const child = scene.spawn(['redis-server', file]);
    await child.prints(/Ready to accept/);
    const { verify } = await stage({ child, pid: child.pid, port, dir });
    const { code, stderr } = await verify().finished;
    expect(code).toBe(2);
    expect(stderr).toMatch(/does not let its settings be read and set[^\n]*Nothing was changed\.\n$/);
  });

  it('refuses when no note can be left, and when there is nothing to change', async () => {
    const { server, verify } = await started();
    const folder = await scene.folder();
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await verify([], { env: { PERFCASE_STATE_DIR: join(folder, 'file') } }).finished;
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /without a note there a change could not be put back[^\n]*Nothing was changed\.\n$/,
    );
    await scene.cli(server, ['config', 'set', 'appendfsync', 'everysec']);
    const same = await verify().finished;
    expect(same.code).toBe(2);
    expect(same.stderr).toMatch(/appendfsync is everysec already/);
  });

  it('two at once: the second is refused', async () => {
    const { server, verify } = await started();
    const first = verify();
    await first.prints(APPLIED);
    const { code, stderr } = await verify().finished;
    expect(code).toBe(2);
    expect(stderr).toContain('another verify is at work');
    await first.kill('SIGINT');
    expect(await policyOf(scene, server)).toBe('always');
  });
});

describeNeeds(['dist', 'redis-server'], 'verify --apply --revert', () => {
  const file = (dir: string) => readdirSync(dir).includes('on');

  it('runs the commands without a shell, undoes them after kill -9', async () => {
    const { server, verify } = await started();
    const dir = await scene.folder();
    const child = verify(['--apply', `touch '${dir}/on'`, '--revert', `rm ${dir}/on`]);
    await child.prints(APPLIED);
    expect(file(dir)).toBe(true);
    await child.kill('SIGKILL');
    expect(await eventually(() => !file(dir), 5000)).toBe(true);
    expect(await policyOf(scene, server)).toBe('always');
  });

  it('an --apply that fails is undone, and is bad input', async () => {
    const { verify } = await started();
    const dir = await scene.folder();
    const { code, stdout } = await verify([
      '--apply',
      `cp /nowhere ${dir}/on`,
      '--revert',
      `touch ${dir}/undone`,
    ]).finished;
    expect(code).toBe(2);
    expect(stdout).toContain('cp failed');
    expect(readdirSync(dir)).toEqual(['undone']);
  });

  it('a --revert that fails is told loudly, with the command to run by hand', async () => {
    const { state, verify } = await started();
    const dir = await scene.folder();
    const { code, stdout, stderr } = await verify([
      '--apply',
      `touch ${dir}/on`,
      '--revert',
      `rm ${dir}/other`,
    ]).finished;
    expect(code).toBe(1);
    expect(stdout).toContain(`by hand    rm ${dir}/other\n`);
    expect(stderr).toContain(`NOT PUT BACK: rm ${dir}/other: rm failed`);
    expect(stderr).toContain(`By hand: rm ${dir}/other\n`);
    expect(notesIn(state)).toHaveLength(1);
  });
});

describeNeeds(
  ['dist', 'redis-server', 'netns', 'nsenter', 'root'],
  'verify in another network namespace',
  () => {
    it('changes the server from inside, also when the run is killed', async () => {
      const netns = await scene.netns();
      const { server, verify } = await started({ netns });
      const child = verify();
      await child.prints(APPLIED);
      expect(await policyOf(scene, server, {}, netns)).toBe('everysec');
      await child.kill('SIGKILL');
      expect(
        await eventually(async () => (await policyOf(scene, server, {}, netns)) === 'always', 5000),
      ).toBe(true);
    });
  },
);

describeNeeds(['dist'], 'verify on the bundled server', () => {
  it('is the same', async () => {
    const { server, verify } = await stage(await scene.kv({ directives: ALWAYS }));
    const child = verify();
    await child.prints(APPLIED);
    await child.kill('SIGKILL');
    expect(await eventually(() => child.family().length === 0, 5000)).toBe(true);
    const probe = await scene.perfcase(['probe', 'redis', '--port', String(server.port), '--raw']).finished;
    expect(probe.stdout).toMatch(/^appendfsync always$/m);
  });
});

describeNeeds(['dist', 'ptrace', 'redis-server'], 'verify with a tracer', () => {
  it('compares by the requests that were seen, and leaves nobody traced', async () => {
    const { server, verify } = await started();
    writer(server);
    const { code, stdout, stderr } = await verify(['--tracer', 'strace', '--format', 'json']).finished;
    expect([0, 3, 4], stderr).toContain(code);
    expect(JSON.parse(stdout)).toMatchObject({ tracer: 'strace', metric: 'command milliseconds' });
    expect(harmTo(server.pid)).toBeUndefined();
    expect(await policyOf(scene, server)).toBe('always');
  });
});

it('is refused without --fix or --apply, with an unknown finding, and with what cannot be undone', async () => {
  const dir = await scene.folder();
  mkdirSync(join(dir, 'state'));
  const refused = async (...args: string[]) => {
    const { code, stderr } = await scene.perfcase([
      'verify',
      '--pid',
      String(process.pid),
      '--tracer',
      'none',
      ...args,
    ]).finished;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^perfcase: [^\n]+\n$/);
    return stderr;
  };
  const fixed = (command?: string) =>
    reportFile(dir, { ...FSYNC_FINDING, fix: { summary: 's', cost: 'c', ...(command ? { command } : {}) } });
  expect(await refused()).toContain('--fix FINDING');
  expect(await refused('--fix', 'nothing')).toContain('there is no finding "nothing"');
  for (const [command, why] of [
    [undefined, 'no command'],
    ['CONFIG SET save ""', 'what is not saved meanwhile is lost'],
    ['SCAN cursor COUNT 1000', 'no setting that could be put back'],
    ['FLUSHALL', 'no setting that could be put back'],
    ['CONFIG REWRITE', 'no setting that could be put back'],
  ] as const)
    expect(await refused('--fix', 'fsync-per-write', '--report', await fixed(command))).toContain(why);
});

itNeeds(['dist'], '--quiet tells nothing of its own diagnosis either', async () => {
  const sleeper = scene.spawn(['sleep', '60']);
  const options = ['--fix', 'fsync-per-write', '--tracer', 'none', '--quiet'];
  const { code, stderr } = await scene.perfcase(['verify', '--pid', String(sleeper.pid), ...options])
    .finished;
  expect(code).toBe(4);
  expect(stderr).toMatch(/^perfcase: fsync-per-write was not found [^\n]+\n$/);
});

describeNeeds(['dist', 'redis-server'], 'verify, killed at random moments', () => {
  it('leaves the old configuration each time', async () => {
    const runs = await soakVerify(scene, { count: 3, seed: 7 });
    expect(runs.flatMap(({ harm }) => harm)).toEqual([]);
  });
});
