import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { harmTo } from '../support/processes.ts';
import { ownFindings, reportOf } from '../support/reports.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';
import { type Child, type Finished, type Listener, Scene } from '../support/scene.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

const UNDISTURBED = /perfcase: watching/;
const TRACING = /perfcase: tracing/;

/** The case: the slow application before a server that syncs each write, under load. */
async function slowCase(): Promise<Listener> {
  const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'always' } });
  const app = await scene.app(server);
  await scene.get(app, '/init/200');
  scene.load(app, '/get_cache');
  return server;
}

const window = (server: Listener): string[] => [
  '--pid',
  String(server.pid),
  '--duration',
  '2s',
  '--max-overhead',
  '100%',
];

async function run(...args: string[]): Promise<Finished> {
  const child = scene.perfcase(args);
  const finished = await child.finished;
  expect(child.family()).toEqual([]);
  return finished;
}

/** One line on standard error that begins with the program's name. */
function expectOneLine({ stderr, stdout }: Finished, line: RegExp): void {
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^perfcase: [^\n]+\n$/);
  expect(stderr).toMatch(line);
}

/** The recording's parts, without any reader of perfcase's own. */
const partsOf = async (file: string): Promise<Record<string, unknown>[]> =>
  gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describeNeeds(['dist', 'ptrace', 'redis-server'], 'a diagnosis that keeps its recording', () => {
  it.each(['auto', 'strace'])(
    'analyze prints the same report again, to the byte (--tracer %s)',
    async (tracer) => {
      const server = await slowCase();
      const folder = await scene.folder();
      const file = join(folder, 'redis.perfcase');
      const live = await run(
        'diagnose',
        ...window(server),
        '--tracer',
        tracer,
        '--record',
        file,
        '--format',
        'json',
      );
      expect(live.code).toBe(3);
      expect(harmTo(server.pid)).toBeUndefined();
      expect(ownFindings(reportOf(live))).toContain('write-in-read-path');
      expect(reportOf(live)).toMatchObject({ recording: { redacted: true, complete: true } });
      const again = await run('analyze', file, '--format', 'json');
      expect(again.stdout).toBe(live.stdout);
      expect([again.code, again.stderr]).toEqual([3, '']);
      const parts = await partsOf(file);
      expect(parts[0]).toMatchObject({
        format: 'perfcase.recording/1',
        redacted: true,
        tools: { strace: expect.any(String) },
      });
      expect(parts.at(-1)).toEqual({ part: 'end', parts: parts.length - 1 });
    },
  );

  itNeeds(['root', 'setpriv'], 'also for another user, elsewhere, at another time of day', async () => {
    const server = await slowCase();
    const folder = await scene.folder();
    const file = join(folder, 'redis.perfcase');
    const live = await run('diagnose', ...window(server), '--record', file, '--format', 'markdown');
    const sent = join(folder, 'sent');
    await copyFile(file, sent);
    await chmod(sent, 0o644);
    await chmod(folder, 0o755);
    const other = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
    const cli = [process.execPath, scene.cliPath, 'analyze', sent, '--format', 'markdown'];
    const env = { TZ: 'Pacific/Auckland', LC_ALL: 'C', PATH: '/nonexistent' };
    const again = await scene.spawn([...other, ...cli], {
      env: { ...env, PATH: process.env.PATH! },
      cwd: '/',
    }).finished;
    expect(again.stderr).toBe('');
    expect(again.stdout).toBe(live.stdout);
    expect(again.code).toBe(live.code);
  });

  itNeeds(['root'], 'a full disk takes the recording, not the diagnosis', async () => {
    const server = await slowCase();
    const disk = await scene.folder();
    expect((await scene.spawn(['mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).finished).code).toBe(
      0,
    );
    scene.defer(() => scene.spawn(['umount', disk]).finished);
    const file = join(disk, 'redis.perfcase');
    const live = await run('diagnose', ...window(server), '--quiet', '--record', file, '--format', 'json');
    expect(live.code).toBe(1);
    expect(live.stderr).toMatch(
      /^perfcase: .*redis\.perfcase cannot be written \(the disk is full\)[^\n]*\n$/,
    );
    expect(ownFindings(reportOf(live))).toContain('write-in-read-path');
    const rest = await run('analyze', file, '--format', 'json');
    expect(reportOf(rest)).toMatchObject({ recording: { complete: false } });
    expect([3, 4]).toContain(rest.code);
  });
});

describeNeeds(['dist', 'ptrace', 'redis-server'], 'record', () => {
  it('writes what analyze and --diff understand, also through a pipe', async () => {
    const server = await slowCase();
    const folder = await scene.folder();
    const [before, after] = [join(folder, 'before'), join(folder, 'after')];
    const first = await run('record', ...window(server), '--output', before);
    expect([first.code, first.stdout]).toEqual([0, '']);
    expect(first.stderr).toMatch(/before: \d+ calls, \d+ KiB, redacted\n$/);
    expect(harmTo(server.pid)).toBeUndefined();
    await scene.cli(server, ['config', 'set', 'appendfsync', 'everysec']);
    const pipe = `"$0" "$@" --output - --quiet > ${after}`;
    const command = [process.execPath, scene.cliPath, 'record', ...window(server)];
    expect((await scene.spawn(['sh', '-c', pipe, ...command]).finished).code).toBe(0);
    const analyzed = await run('analyze', before, '--format', 'json');
    expect(ownFindings(reportOf(analyzed))).toContain('write-in-read-path');
    const diff = await run('analyze', '--diff', before, after, '--format', 'json');
    expect(diff.code).toBe((await run('analyze', after)).code);
    expect(JSON.parse(diff.stdout)).toMatchObject({
      schema: 'perfcase.diff/1',
      settings: [{ directive: 'appendfsync', before: 'always', after: 'everysec' }],
      requests: [expect.objectContaining({ name: 'GET /get_cache' })],
    });
    const { stdout } = await run('analyze', '--diff', before, after, '--format', 'markdown');
    expect(stdout).toContain('| appendfsync | always | everysec |');
  });

  it.each([
    ['SIGINT', UNDISTURBED, 4],
    ['SIGINT', TRACING, 0],
  ] as const)('%s after %s ends the watching early, and the file is finished', async (signal, line, code) => {
    const server = await slowCase();
    const file = join(await scene.folder(), 'redis.perfcase');
    const args = [
      'record',
      '--pid',
      String(server.pid),
      '--duration',
      '60s',
      '--tracer',
      'strace',
      '--output',
      file,
    ];
    const child = scene.perfcase([...args, '--max-overhead', '100%'], { group: true });
    await child.prints(line);
    await sleep(600);
    const finished = await child.kill(signal, true);
    expect(finished.stderr).toContain(`the watching ended early (${signal})`);
    expect(finished.code).toBe(code);
    expect(harmTo(server.pid)).toBeUndefined();
    expect(child.family()).toEqual([]);
    const report = reportOf(await run('analyze', file, '--format', 'json'));
    expect(report).toMatchObject({ recording: { complete: true, endedBy: signal } });
  });

  it('killed while it traces leaves a file that is marked incomplete', async () => {
    const server = await slowCase();
    const file = join(await scene.folder(), 'redis.perfcase');
    const child: Child = scene.perfcase(['record', ...window(server), '--output', file]);
    await child.prints(TRACING);
    await child.kill('SIGKILL');
    const analyzed = await run('analyze', file, '--format', 'json');
    expect([3, 4]).toContain(analyzed.code);
    expect(analyzed.stderr).toMatch(/is incomplete: it ended before the system calls were traced\n$/);
    expect(reportOf(analyzed)).toMatchObject({ recording: { complete: false } });
  });

  it('says that it is not redacted, in the file and in every report', async () => {
    const server = await slowCase();
    const file = join(await scene.folder(), 'redis.perfcase');
    const args = [...window(server), '--no-redact', '--output', file];
    expect((await run('record', ...args)).stderr).toMatch(
      /not redacted: it holds keys and values of others\n$/,
    );
    expect((await partsOf(file))[0]).toMatchObject({ redacted: false });
    const usual = (await run('analyze', file)).stdout;
    expect(usual.replaceAll(/\s+/g, ' ')).toContain('The recording is not redacted');
    expect(usual).not.toMatch(/uuid:[0-9a-f]{8}-/);
    expect((await run('analyze', file, '--no-redact')).stdout).toMatch(/uuid:[0-9a-f]{8}-/);
  });

  it('writes over nothing that it was not told to, and for nobody else to read', async () => {
    const server = await slowCase();
    const file = join(await scene.folder(), 'mine');
    await writeFile(file, 'precious');
    const refused = await run('record', ...window(server), '--output', file);
    expect(refused.code).toBe(2);
    expectOneLine(refused, /mine exists already; --force writes over it/);
    expect(await readFile(file, 'utf8')).toBe('precious');
    const full = await run('record', ...window(server), '--quiet', '--output', '/dev/full');
    expect(full.code).toBe(1);
    expectOneLine(full, /\/dev\/full cannot be written \(the disk is full\)/);
    const none = await run('record', ...window(server), '--output', join(file, 'none'));
    expect(none.code).toBe(2);
    expectOneLine(none, /no such folder/);
    expect(
      (await run('record', ...window(server), '--output', file, '--force', '--tracer', 'none')).code,
    ).toBe(0);
    expect((await partsOf(file)).at(-1)).toMatchObject({ part: 'end' });
  });
});

describeNeeds(['dist'], 'analyze FILE', () => {
  it.each([
    [['/dev/null'], 4, /cut before its first part/],
    [
      ['package.json'],
      2,
      /package\.json is no recording of perfcase\. A log of strace is given with --strace/,
    ],
    [['/nonexistent'], 2, /no such file/],
    [['/tmp'], 2, /it is a directory/],
    [['a', 'b'], 2, /--diff BEFORE AFTER compares two/],
    [['--diff', 'a'], 2, /--diff takes two recordings/],
    [['a', '--strace', 'b'], 2, /a recording holds everything; leave out --strace/],
  ] as const)('%j ends with %i and one line', async (args, code, line) => {
    const finished = await run('analyze', ...args);
    expect(finished.code).toBe(code);
    expectOneLine(finished, line);
  });
});
