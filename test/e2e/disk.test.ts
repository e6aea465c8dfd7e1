import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type Options } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSlowDisk } from '../../src/lab/slow-disk.ts';
import { tracesOf } from '../support/lab-traces.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';

let state: string;
let name: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'pctest-'));
  name = basename(state);
});
afterEach(async () => {
  await perfcase(['disk', 'destroy', '--all']);
  rmSync(state, { recursive: true, force: true });
  expect(tracesOf(state)).toEqual([]);
});

/** The bundled CLI with the test's own state folder. */
function perfcase(args: readonly string[], options: Options = {}) {
  return execa(process.execPath, ['dist/perfcase.js', ...args], {
    env: { PERFCASE_STATE_DIR: state },
    reject: false,
    timeout: 60_000,
    ...options,
  });
}

const small = ['--size', '32M'];

describeNeeds(['slow-disk', 'dist'], 'perfcase disk', () => {
  it('makes a disk as slow as the one of the case, and removes it without a trace', async () => {
    const created = await perfcase(['disk', 'create', '--fsync', '8ms', '--name', name, '--format', 'json']);
    expect(created.stderr).toContain('fdatasync takes');
    const disk = JSON.parse(String(created.stdout));
    expect(disk).toMatchObject({ name, mountPoint: join(state, 'disks', name, 'mnt') });
    // What the disk itself needs: the median also tells of whatever else this machine does now.
    expect(disk.fsync.p10Ms).toBeGreaterThan(6);
    expect(disk.fsync.p10Ms).toBeLessThan(10);
    expect(readFileSync('/proc/diskstats', 'utf8')).toContain(` ${disk.device} `);
    expect(readdirSync(disk.mountPoint)).not.toContain(expect.stringContaining('perfcase'));
    const listed = await perfcase(['disk', 'list']);
    expect(listed.stdout).toContain(`${name}: ready, fdatasync `);

    const gone = await perfcase(['disk', 'destroy']);
    expect([gone.exitCode, gone.stdout]).toEqual([0, `removed disk "${name}"`]);
    expect(tracesOf(state)).toEqual([]);
    expect((await perfcase(['disk', 'destroy', '--all'])).stdout).toBe('nothing to remove');
  });

  it.each([
    [['--fsync', '20ms'], 20],
    [['--profile', 'cloud'], 2.5],
  ])('comes near to what %j asks for by measuring', async (wish, wishMs) => {
    const create = ['disk', 'create', ...wish, '--name', name, '--format', 'json', ...small];
    const { p10Ms } = JSON.parse(String((await perfcase(create)).stdout)).fsync;
    expect(p10Ms).toBeGreaterThan(wishMs * 0.75);
    expect(p10Ms).toBeLessThan(wishMs * 1.25);
  });

  const folder = () => join(state, 'disks', name);
  const onLoop = () =>
    readdirSync('/sys/block').some((block) => {
      const file = `/sys/block/${block}/loop/backing_file`;
      return existsSync(file) && readFileSync(file, 'utf8').includes(state);
    });
  const phases: Record<string, () => boolean> = {
    'its folder is there': () => existsSync(folder()),
    'its image is there': () => existsSync(join(folder(), 'fuse')),
    'the server was started': () => existsSync(join(folder(), 'nbdfuse.log')),
    'the server answers': () => existsSync(join(folder(), 'nbdfuse.pid')),
    'the loop device is attached': onLoop,
    'it is mounted': () => readFileSync('/proc/self/mountinfo', 'utf8').includes(join(folder(), 'mnt')),
    'it is being measured': () =>
      existsSync(join(folder(), 'mnt')) && readdirSync(join(folder(), 'mnt')).length > 1,
  };
  for (const [phase, reached] of Object.entries(phases)) {
    it(`leaves nothing that one destroy cannot remove when it is killed while ${phase}`, async () => {
      const creating = perfcase(['disk', 'create', '--name', name, ...small]);
      while (!reached() && creating.exitCode === null) await new Promise(setImmediate);
      creating.kill('SIGKILL');
      expect((await creating).signal).toBe('SIGKILL');
      const destroyed = await perfcase(['disk', 'destroy', '--all']);
      expect([destroyed.exitCode, destroyed.stderr]).toEqual([0, '']);
      expect(tracesOf(state)).toEqual([]);
    });
  }

  it('undoes a creation that Ctrl-C interrupts', async () => {
    const creating = perfcase(['disk', 'create', '--name', name, ...small]);
    while (!phases['it is mounted']!()) await sleep(1);
    creating.kill('SIGINT');
    const { exitCode, stderr } = await creating;
    expect(exitCode).toBe(4);
    expect(String(stderr).split('\n').at(-1)).toBe('perfcase: interrupted (SIGINT).');
    expect(tracesOf(join(state, 'disks'))).toEqual([]);
  });

  it('clears what was left behind before it makes another disk', async () => {
    const first = perfcase(['disk', 'create', '--name', name, ...small]);
    while (!phases['it is mounted']!()) await sleep(1);
    first.kill('SIGKILL');
    await first;
    const again = await perfcase(['disk', 'create', '--name', name, ...small]);
    expect(again.exitCode).toBe(0);
  });

  it('leaves a disk alone that somebody uses, unless it is told to', async () => {
    await perfcase(['disk', 'create', '--name', name, ...small]);
    const user = execa('sleep', ['60'], { cwd: join(folder(), 'mnt'), reject: false });
    try {
      const refused = await perfcase(['disk', 'destroy', name]);
      expect([refused.exitCode, refused.stderr]).toEqual([
        2,
        `perfcase: disk "${name}" is used by sleep (pid ${user.pid}); end that first, or say --force.`,
      ]);
      const { exitCode, stderr } = await perfcase(['disk', 'destroy', name, '--force']);
      expect(exitCode).toBe(0);
      expect(stderr).toContain(`sleep (pid ${user.pid})`);
    } finally {
      user.kill('SIGKILL');
      await user;
    }
    for (let tries = 0; onLoop() && tries < 100; tries++) await sleep(20);
    expect(tracesOf(state).filter((trace) => trace !== state)).toEqual([]);
  });

  it('removes what is left when somebody has deleted its books', async () => {
    await perfcase(['disk', 'create', '--name', name, ...small]);
    rmSync(join(folder(), 'manifest.json'));
    const { exitCode, stdout } = await perfcase(['disk', 'destroy', '--all']);
    expect(exitCode).toBe(0);
    for (const what of ['mount', 'loop device', 'process', 'image'])
      expect(stdout).toContain(`removed the ${what} `);
    expect(tracesOf(state)).toEqual([]);
  });

  it('leaves loop devices alone that are not its own', async () => {
    const image = join(state, 'foreign.img');
    await execa('truncate', ['-s', '1M', image]);
    const { stdout: device } = await execa('losetup', ['--find', '--show', image]);
    try {
      await perfcase(['disk', 'create', '--name', name, ...small]);
      await perfcase(['disk', 'destroy', '--all']);
      expect(readFileSync(`/sys/block/${basename(device)}/loop/backing_file`, 'utf8').trim()).toBe(image);
    } finally {
      await execa('losetup', ['--detach', device]);
    }
  });

  it('does not take a disk from the process that is making it', async () => {
    const creating = perfcase(['disk', 'create', '--name', name, ...small]);
    while (!phases['it is mounted']!()) await sleep(1);
    const refused = await perfcase(['disk', 'destroy', name]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining(`with pid ${creating.pid}`),
    ]);
    expect((await creating).exitCode).toBe(0);
    const twice = await perfcase(['disk', 'create', '--name', name, ...small]);
    expect([twice.exitCode, twice.stderr]).toEqual([2, expect.stringContaining('already')]);
  });

  it('gives a replay its own disk', async () => {
    const disk = await createSlowDisk({ fsyncMs: 4, sizeMiB: 32, stateDir: state });
    try {
      expect(disk.fsync.p10Ms).toBeGreaterThan(3);
      expect(disk.device).toMatch(/^loop\d+$/);
    } finally {
      expect(await disk.destroy()).toMatchObject({ notes: [], left: [] });
    }
    expect(tracesOf(state)).toEqual([]);
  });

  it('goes with a replay that is killed, and its namespace too', async () => {
    const holder = execa(
      process.execPath,
      ['--import', 'tsx', 'test/support/lab-holder/perfcase.ts', 'hold'],
      { env: { PERFCASE_STATE_DIR: state }, reject: false, timeout: 60_000 },
    );
    const line = await new Promise<string>((resolve) =>
      holder.stdout.once('data', (text) => resolve(String(text))),
    );
    const held = JSON.parse(line);
    expect(existsSync(held.netns)).toBe(true);
    holder.kill('SIGKILL');
    await holder;
    for (let tries = 0; tracesOf(state).length > 0 && tries < 200; tries++) await sleep(50);
    expect(tracesOf(state)).toEqual([]);
    expect(existsSync(`/proc/${held.inside}/ns/net`)).toBe(false);
  });
});

itNeeds(['root', 'dist', 'setpriv'], 'perfcase disk create without root says so in one line', async () => {
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
  const { exitCode, stderr } = await execa('setpriv', [...nobody, 'dist/perfcase.js', 'disk', 'create'], {
    reject: false,
  });
  expect([exitCode, stderr]).toEqual([1, 'perfcase: a slow disk needs root.']);
});

for (const args of [
  ['create', '--fsync', 'soon'],
  ['create', '--fsync', '1h'],
  ['create', '--size', '1K'],
  ['create', '--size', '9999G'],
  ['create', '--name', '../etc'],
  ['destroy', 'no-such-disk'],
]) {
  itNeeds(['root', 'slow-disk', 'dist'], `perfcase disk ${args.join(' ')} is wrong usage`, async () => {
    const { exitCode, stderr } = await perfcase(['disk', ...args]);
    expect([exitCode, String(stderr).split('\n').length]).toEqual([2, 1]);
  });
}
