import { existsSync, readdirSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { tracesOf } from '../support/lab-traces.ts';
import { eventually } from '../support/processes.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';
import { type Child, type Finished, Scene } from '../support/scene.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

const SMALL = ['--keys', '60', '--duration', '3s'];

/** A replay with folders of its own, and what is there of it besides its processes. */
interface Run {
  readonly child: Child;
  readonly env: NodeJS.ProcessEnv;
  leftovers(): string[];
}

async function start(args: readonly string[], group = false, env?: NodeJS.ProcessEnv): Promise<Run> {
  const folder = await scene.folder();
  const state = join(folder, 'state');
  const temp = await scene.temp();
  const folders = env ?? { PERFCASE_STATE_DIR: state, ...temp.env };
  const child = scene.perfcase(['replay', ...args], { env: folders, group });
  const leftovers = () => {
    const shared = existsSync('/dev/shm') ? readdirSync('/dev/shm') : [];
    const images = shared.filter((name) => name.startsWith('perfcase-') && name.includes(`-${child.pid}-`));
    return [...child.family(), ...tracesOf(state), ...images, ...readdirSync(temp.env.TMPDIR!)];
  };
  return { child, env: folders, leftovers };
}

/** What is still there after a moment: the guard of the lab ends when it has seen that perfcase has. */
async function after(leftovers: () => string[]): Promise<string[]> {
  await eventually(() => leftovers().length === 0);
  return leftovers();
}

interface Played {
  readonly schema: string;
  readonly scenario: string;
  readonly keys: number;
  readonly stage: { readonly serverName: string; readonly disk: string; readonly fsyncMs?: number };
  readonly fillSeconds: number;
  readonly phases: readonly { readonly id: string; readonly seconds: number; readonly samples: number[] }[];
  readonly notFound: readonly string[];
  readonly report: Report;
}

function playedOf({ code, stdout, stderr }: Finished): Played {
  if (code !== 0 && code !== 4) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Played;
}

describeNeeds(['dist', 'ptrace', 'slow-disk', 'redis-server'], 'replay redis-slow', () => {
  it('plays the case on the bundled server, and tells it in JSON', async () => {
    const { child, leftovers } = await start([...SMALL, '--format', 'json']);
    const finished = await child.finished;
    const played = playedOf(finished);
    expect(finished.code).toBe(0);
    expect(played).toMatchObject({
      schema: 'perfcase.replay/1',
      scenario: 'redis-slow',
      keys: 60,
      notFound: [],
    });
    expect(played.stage).toMatchObject({
      serverName: 'perfcase kv',
      disk: expect.stringMatching(/^loop\d+, made slow/),
      fsyncMs: expect.any(Number),
      appUrl: expect.stringMatching(/^http:/),
    });
    expect(played.fillSeconds).toBeGreaterThan(0);
    const [slow, everysec, rewritten] = played.phases;
    expect(played.phases.map(({ id }) => id)).toEqual(['slow', 'everysec', 'rewritten', 'pages']);
    expect(slow).toMatchObject({ path: '/get_cache', caseSeconds: 10.5 });
    expect(everysec).toMatchObject({ path: '/get_cache', caseSeconds: 0.94 });
    expect(rewritten).toMatchObject({ path: '/get_cache_data', caseSeconds: 0.16 });
    // Each fix takes waiting away, whatever the machine: syncs of a slow disk, then round trips.
    expect(slow!.seconds).toBeGreaterThan(everysec!.seconds);
    expect(everysec!.seconds).toBeGreaterThan(rewritten!.seconds);
    for (const { samples } of played.phases) expect(samples.length).toBeGreaterThan(0);
    expect(played.report).toMatchObject({ schema: 'perfcase.report/1', verdict: 'found' });
    expect(await after(leftovers)).toEqual([]);
  });

  it('tells it to a class on a real redis-server', async () => {
    const { child, leftovers } = await start([...SMALL, '--server', 'redis']);
    const { code, stdout, stderr } = await child.finished;
    expect(stderr).not.toMatch(/internal error|clean-up|^\s+at /m);
    expect(code).toBe(0);
    expect(stdout).toMatch(/redis-server \(pid \d+, port \d+\): appendonly/);
    expect(stdout).toContain('fsync-per-write');
    expect(stdout).toContain('CONFIG SET appendfsync everysec');
    expect(stdout).toMatch(
      /predicted +the case, 5000\n.* 10\.5 s\n(?:.* [\d.]+ s){2} +0\.94 s\n(?:.* [\d.]+ s){2} +0\.16 s\n/,
    );
    expect(await after(leftovers)).toEqual([]);
  });
});

describeNeeds(['dist', 'ptrace', 'redis-server'], 'replay on the disk there is', () => {
  it('says what the diagnosis found and what not', async () => {
    const { child, leftovers } = await start([
      ...SMALL,
      ...['--server', 'redis', '--disk', 'none', '--format', 'json', '--quiet'],
    ]);
    const finished = await child.finished;
    const played = playedOf(finished);
    expect(finished.stderr).toBe('');
    expect(played.stage.serverName).toBe('redis-server');
    expect(played.report.findings.map(({ id }) => id)).toContain('write-in-read-path');
    expect(finished.code).toBe(played.notFound.length === 0 ? 0 : 4);
    expect(await after(leftovers)).toEqual([]);
  });

  it('after SIGKILL, the next replay removes the folder', async () => {
    const first = await start([...SMALL, '--disk', 'none']);
    await first.child.prints(/perfcase: filling/);
    expect((await first.child.kill('SIGKILL')).signal).toBe('SIGKILL');
    expect(await eventually(() => first.child.family().length === 0)).toBe(true);
    expect(first.leftovers()).toEqual([expect.stringMatching(/^perfcase-replay-/)]);
    const second = await start([...SMALL, '--disk', 'none'], false, first.env);
    await second.child.prints(/perfcase: filling/);
    await second.child.kill('SIGTERM');
    expect(first.leftovers()).toEqual([]);
  });
});

describeNeeds(['dist', 'ptrace', 'netns', 'podman'], 'replay in containers', () => {
  it('names the container of the server, and of its client', async () => {
    const { child, leftovers } = await start([
      ...SMALL,
      ...['--container', '--disk', 'none', '--format', 'json', '--quiet'],
    ]);
    const { report } = playedOf(await child.finished);
    expect(report.target.container).toBe('redis');
    expect(report.clients.map(({ container }) => container)).toContain('app');
    const client = report.path.find(({ question }) => question === 'Who is the client?');
    expect(client?.answer).toMatch(/ \(\d+\) in app from /);
    expect(await after(leftovers)).toEqual([]);
  });
});

describeNeeds(['dist', 'ptrace', 'slow-disk'], 'replay, interrupted', () => {
  const MOMENTS = [
    ['the disk is made', /perfcase: making a slow disk/],
    ['the keys are filled', /perfcase: filling/],
    ['the query is timed', /perfcase: timing/],
    ['the server is watched', /perfcase: watching/],
    ['it traces', /perfcase: tracing/],
    ['the fix is measured', /perfcase: tracing[\s\S]*perfcase: timing/],
  ] as const;

  it.each(MOMENTS)('Ctrl-C while %s: everything is cleaned up', async (_moment, line) => {
    const { child, leftovers } = await start(SMALL, true);
    await child.prints(line);
    await sleep(20);
    const { code, stderr } = await child.kill('SIGINT', true);
    expect(code).toBe(4);
    expect(stderr).toMatch(/\nperfcase: interrupted \(SIGINT\); the replay was cleaned up\.\n$/);
    expect(stderr).not.toMatch(/internal error|clean-up:|^\s+at /m);
    expect(await after(leftovers)).toEqual([]);
  });

  it.each(MOMENTS)('SIGKILL while %s: nothing is left after a moment', async (_moment, line) => {
    const { child, leftovers } = await start(SMALL);
    await child.prints(line);
    await sleep(20);
    expect((await child.kill('SIGKILL')).signal).toBe('SIGKILL');
    expect(await after(leftovers)).toEqual([]);
  });
});

describeNeeds(['dist'], 'replay, asked for what there is not', () => {
  it.each([
    [['no-such-scenario'], 2, /no-such-scenario/],
    [['--server', 'mysql'], 2, /--server takes bundled or redis/],
    [['--disk', 'ssd'], 2, /--disk takes/],
    [['--keys', '0'], 2, /--keys takes a number/],
    [['--format', 'pdf'], 2, /replay prints text, json or html/],
    [['--duration', '1s'], 2, /--duration 1s/],
  ])('%j: exit code %i', async (args, code, line) => {
    const { child, leftovers } = await start(args);
    const finished = await child.finished;
    expect(finished.code).toBe(code);
    expect(finished.stdout).toBe('');
    expect(finished.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
    expect(await after(leftovers)).toEqual([]);
  });

  itNeeds(
    ['setpriv'],
    'a redis-server that is not installed: inconclusive, with the way to get it',
    async () => {
      const bin = await scene.folder();
      const { stdout } = await scene.spawn(['sh', '-c', 'command -v setpriv']).finished;
      await symlink(stdout.trim(), join(bin, 'setpriv'));
      const temp = await scene.temp();
      const child = scene.perfcase(['replay', ...SMALL, '--server', 'redis', '--disk', 'none', '--quiet'], {
        env: { ...temp.env, PATH: bin },
      });
      const { code, stderr } = await child.finished;
      expect(stderr).toBe(
        'perfcase: redis-server is not installed; apt-get install redis-server brings it.\n',
      );
      expect(code).toBe(4);
      expect(await temp.left()).toEqual([]);
    },
  );
});
