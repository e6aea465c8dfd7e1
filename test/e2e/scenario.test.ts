import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Check } from '../../src/scenario/check.ts';
import { eventually } from '../support/processes.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';
import { type Child, Scene } from '../support/scene.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

const SHORT = ['--duration', '3s', '--quiet'];

/** A scenario of our own in a folder of its own. */
async function written(change: (yaml: string) => string = (yaml) => yaml): Promise<string> {
  const dir = await scene.folder();
  expect((await scene.perfcase(['scenario', 'new', 'mine', '--dir', dir]).finished).code).toBe(0);
  const path = join(dir, 'mine', 'scenario.yaml');
  await writeFile(path, change(await readFile(path, 'utf8')));
  return join(dir, 'mine');
}

async function leftOf(child: Child): Promise<string[]> {
  await eventually(() => child.family().length === 0);
  return child.family();
}

describeNeeds(['dist', 'bpf'], 'replay --check', () => {
  it('n-plus-one: its cause is found, and the fix is timed', async () => {
    const child = scene.perfcase(['replay', 'n-plus-one', '--check', '--format', 'json', ...SHORT]);
    const { code, stdout, stderr } = await child.finished;
    expect(stderr).toBe('');
    const { checks, phases } = JSON.parse(stdout) as { checks: Check[]; phases: { id: string }[] };
    // A machine that is busy otherwise adds causes and spoils numbers; that is not this test's matter.
    expect(checks.filter(({ ok, what }) => ok && what === 'n-plus-one-reads')).toHaveLength(1);
    expect(code).toBe(checks.every(({ ok }) => ok) ? 0 : 3);
    expect(phases.map(({ id }) => id)).toEqual(['symptom', 'mget']);
    expect(await leftOf(child)).toEqual([]);
  });

  itNeeds(
    ['python3', 'python:sqlite3'],
    'unindexed-search: a server program that is none of ours',
    async () => {
      const child = scene.perfcase(['replay', 'unindexed-search', '--check', '--format', 'json', ...SHORT]);
      const { stdout, stderr } = await child.finished;
      expect(stderr).toBe('');
      const { checks } = JSON.parse(stdout) as { checks: Check[] };
      expect(checks.filter(({ ok, what }) => ok && what === 'table-scan')).toHaveLength(1);
      expect(await leftOf(child)).toEqual([]);
    },
  );

  it('without python3: one clear line', async () => {
    const options = { env: { PATH: '/nonexistent' } };
    const child = scene.perfcase(['replay', 'unindexed-search', '--tracer', 'none', ...SHORT], options);
    const { code, stderr } = await child.finished;
    expect(stderr).toBe('perfcase: python3 is not installed; apt-get install python3 brings it.\n');
    expect(code).toBe(4);
  });

  it('without its fault: exit code 3, with the table', async () => {
    const child = scene.perfcase(['replay', 'n-plus-one', '--check', '--without-fault', ...SHORT]);
    const { code, stdout } = await child.finished;
    expect(code).toBe(3);
    expect(stdout).toMatch(/^FAIL +n-plus-one-reads +found +ruled out/m);
    expect(stdout).toMatch(/n-plus-one: \d of \d expectations do not hold/);
    expect(await leftOf(child)).toEqual([]);
  });

  it('a scenario that was just written can be played, and told as JUnit', async () => {
    const folder = await written();
    const { stdout } = await scene.perfcase(['replay', folder, '--check', '--format', 'junit', ...SHORT])
      .finished;
    expect(stdout).toContain('<testcase classname="');
    expect(stdout).toMatch(/name="n-plus-one-reads"/);
  });
});

describeNeeds(['dist'], 'perfcase scenario', () => {
  it('names every problem of a file with its line', async () => {
    const folder = await written((yaml) =>
      yaml.replace('rate: 200', 'rate: often').replace('kind: fault', 'kind: x'),
    );
    const { code, stderr } = await scene.perfcase(['scenario', 'check', folder]).finished;
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/scenario\.yaml:4: "kind" must be case, fault, pair or control, not "x"\.$/),
      expect.stringMatching(/scenario\.yaml:\d+: "load\[0\]\.rate" must be a number from .*, not "often"/),
    ]);
  });

  it('finds a scenario in the current folder by its name alone', async () => {
    const folder = await written();
    const options = { cwd: dirname(folder) };
    const { code, stdout } = await scene.perfcase(['scenario', 'check', 'mine'], options).finished;
    expect([code, stdout]).toEqual([0, expect.stringContaining('mine/scenario.yaml: a fault with')]);
  });

  it.each([
    [['scenario', 'new', 'Not A Name'], /is no name for a scenario/],
    [['scenario', 'check', 'nosuch'], /no scenario "nosuch"/],
    [['replay', 'healthy-idle', '--without-fault'], /healthy-idle is healthy as it is/],
    [['replay', 'blocking-script', '--server', 'bundled'], /is played on redis, not on bundled/],
    [['replay', 'n-plus-one', '--format', 'junit'], /junit needs --check/],
    [['probe'], /say which probe; known are .*iostat.*strace/],
    [['replay', 'n-plus-one', '--seed', 'x'], /--seed takes a number/],
  ])('%j: one line, exit code 2', async (args, line) => {
    const { code, stdout, stderr } = await scene.perfcase(args).finished;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
  });
});

describeNeeds(['dist', 'root'], 'a fault, interrupted', () => {
  const groups = () => {
    const root = '/sys/fs/cgroup';
    const folders = [join(root, 'cpu'), root].filter((path) => existsSync(path));
    return folders.flatMap((path) => readdirSync(path).filter((name) => name.startsWith('perfcase-')));
  };
  const limited = (yaml: string) => yaml.replace(/^fault:$/m, 'fault:\n  - cpu-limit: {cpus: 0.2}');

  itNeeds(['root'], 'Ctrl-C: no process and no control group is left', async () => {
    const child = scene.perfcase(['replay', await written(limited), '--duration', '3s']);
    await child.prints(/perfcase: watching/);
    const mine = groups().filter((name) => name.startsWith(`perfcase-${child.pid}-`));
    expect(mine).toHaveLength(1);
    const { code, stderr } = await child.kill('SIGINT');
    expect(code).toBe(4);
    expect(stderr).not.toMatch(/clean-up:|internal error/);
    expect(await leftOf(child)).toEqual([]);
    expect(groups().filter((name) => mine.includes(name))).toEqual([]);
  });

  itNeeds(['root'], 'SIGKILL: neither, after a moment', async () => {
    const child = scene.perfcase(['replay', await written(limited), '--duration', '3s']);
    await child.prints(/perfcase: watching/);
    await child.kill('SIGKILL');
    const mine = () => groups().filter((name) => name.startsWith(`perfcase-${child.pid}-`));
    await eventually(() => child.family().length === 0 && mine().length === 0);
    expect([...child.family(), ...mine()]).toEqual([]);
  });
});
