import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/command.ts';
import { configure as configureList } from '../../src/cli/commands/list.ts';
import { configure as configureProbe } from '../../src/cli/commands/probe.ts';
import { COLUMNS } from '../../src/cli/probe/columns.ts';
import { MAX_ROWS, toText, WIDTH } from '../../src/cli/probe/render.ts';
import { UserError } from '../../src/core/errors.ts';
import type { Observation } from '../../src/core/observation.ts';
import { PROBES } from '../../src/probes/index.ts';
import { fixtures } from './fixtures.ts';

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

async function run(
  which: 'probe' | 'list',
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(bytes: Buffer, _encoding, done) {
        written[name] += bytes.toString('utf8');
        done();
      },
    });
  const io: Io = {
    stdout: into('stdout'),
    stderr: into('stderr'),
    env,
    signal: new AbortController().signal,
    exitCode: 0,
  };
  const command = new Command(which).exitOverride();
  (which === 'probe' ? configureProbe : configureList)(command, io);
  try {
    await command.parseAsync([...args], { from: 'user' });
    return { ...written, exitCode: io.exitCode };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      stdout: written.stdout,
      stderr: `${written.stderr}${error.message}\n`,
      exitCode: error.exitCode,
    };
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perfcase-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(text: string | Buffer): string {
  const path = join(folder, 'input');
  writeFileSync(path, text);
  return path;
}

describe('saved output', () => {
  it.each(fixtures().map((fixture) => [fixture.name, fixture] as const))(
    '%s prints as JSON',
    async (_, fixture) => {
      const { stdout } = await run('probe', [
        fixture.probe.name,
        '--input',
        file(fixture.text),
        '--format',
        'json',
        '--no-redact',
      ]);
      const { items, problems } = fixture.probe.parse(fixture.text);
      expect(JSON.parse(stdout)).toEqual({ items, problems });
    },
  );

  it.each(fixtures().map((fixture) => [fixture.name, fixture] as const))(
    '%s fits 80 columns',
    async (_, fixture) => {
      const { stdout, exitCode } = await run('probe', [fixture.probe.name, '--input', file(fixture.text)]);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(WIDTH);
      const { items } = fixture.probe.parse(fixture.text);
      expect(stdout.trim() === '').toBe(items.length === 0);
      expect(exitCode).toBe(items.length > 0 ? 0 : 4);
    },
  );

  it('that is the output of another tool ends inconclusive, in one line', async () => {
    const { stdout, stderr, exitCode } = await run('probe', [
      'iostat',
      '--input',
      file('total 12\ndrwxr-xr-x 2 me\n'),
    ]);
    expect(exitCode).toBe(4);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^nothing in \S+ looks like iostat output; .*\n$/);
  });

  it('that is empty ends inconclusive', async () => {
    expect(await run('probe', ['top', '--input', file('\n\n')])).toMatchObject({ exitCode: 4 });
  });

  it('with a header and no rows is an answer: nothing was there', async () => {
    const text = '12:49:35      UID       PID   kB_rd/s   kB_wr/s kB_ccwr/s iodelay  Command\n';
    expect(await run('probe', ['pidstat', '--input', file(text)])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('of nsenter is read by the tool that is named', async () => {
    const text = fixtures().find((fixture) => fixture.name === 'nsenter/ubuntu1804-case--i')!.text;
    const { stdout } = await run('probe', [
      'nsenter',
      '--input',
      file(text),
      '--',
      '-t',
      '1',
      '-n',
      'lsof',
      '-i',
    ]);
    expect(stdout).toContain('localhost:6379');
  });

  it('of any bytes does no harm', async () => {
    const bytes = Buffer.from(Array.from({ length: 40_000 }, (_, at) => (at * 7919 + (at >> 3)) % 256));
    for (const name of PROBES.keys()) {
      const { exitCode, stderr } = await run('probe', [name, '--input', file(bytes)]);
      expect({ name, exitCode }).toEqual({ name, exitCode: 4 });
      // Nothing of it that a terminal would obey.
      expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  });

  it('can be written to a file and printed as it was', async () => {
    const output = join(folder, 'out.json');
    const text = 'Device tps\nsda 1.00\n';
    await run('probe', ['iostat', '--input', file(text), '--format', 'json', '--output', output]);
    expect((await run('probe', ['iostat', '--input', file(text), '--raw'])).stdout).toBe(text);
    const { exitCode, stderr } = await run('probe', [
      'iostat',
      '--input',
      file(text),
      '--output',
      '/nowhere/x',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '/nowhere/x cannot be written (ENOENT).\n' });
  });
});

describe('wrong usage', () => {
  it.each([
    [['nope'], 'there is no probe "nope"; known are top,'],
    [['top', '--format', 'html'], 'text or json'],
    [['top', '--input', '/nowhere'], '/nowhere cannot be read (no such file)'],
    [['top', '--input', '/'], '/ cannot be read (it is a directory)'],
    [['lsof', '--pid', 'x'], '--pid takes a number'],
    [['lsof', '--pid', '0'], '--pid takes a number'],
    [['lsof', '--pid', '4194304'], 'there is no process 4194304'],
    [['redis', '--port', '65536'], '--port takes a number'],
    [['top', '--duration', 'soon'], '"soon" is no duration'],
    [['strace'], 'give --pid N'],
    [['nsenter'], 'nsenter needs a namespace'],
    [['nsenter', '--pid', String(process.pid), '--', 'ip'], 'no tool whose output can be read'],
    [['redis', '--pass-file', '/nowhere'], '/nowhere cannot be read'],
    [['redis', '--cacert', '/nowhere'], '/nowhere cannot be read'],
  ])('%j', async (args, words) => {
    const { exitCode, stderr, stdout } = await run('probe', args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('a process that listens nowhere cannot be asked', async () => {
    const { exitCode, stderr } = await run('probe', ['redis', '--pid', String(process.pid)]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('give --port N');
  });
});

describe('tables', () => {
  it('have a column for every kind of observation, of fields that exist', () => {
    const seen = new Map<string, Set<string>>();
    for (const { probe, text } of fixtures()) {
      for (const item of probe.parse(text).items) {
        const fields = seen.get(item.kind) ?? new Set();
        for (const field of Object.keys(item)) fields.add(field);
        seen.set(item.kind, fields);
      }
    }
    for (const [kind, fields] of seen) {
      const titles = COLUMNS[kind as Observation['kind']].map(([field]) => field);
      expect({ kind, shown: titles.some((field) => fields.has(field)) }).toEqual({ kind, shown: true });
    }
  });

  it('stop where nobody reads on', () => {
    const items = Array.from({ length: MAX_ROWS + 5 }, (_, at): Observation => {
      return { kind: 'vm-counter', line: at + 1, text: '', name: 'pswpin', value: at };
    });
    const lines = [...toText(items)].join('').trimEnd().split('\n');
    expect(lines).toHaveLength(MAX_ROWS + 2);
    expect(lines.at(-1)).toBe('… 5 more; --format json prints all of them');
  });
});

describe('list', () => {
  it('probes names every probe', async () => {
    const { stdout } = await run('list', ['probes', '--format', 'json']);
    expect(JSON.parse(stdout).map((entry: { id: string }) => entry.id)).toEqual([...PROBES.keys()]);
    const text = (await run('list', ['probes'])).stdout;
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(WIDTH);
  });

  it('causes asks a question each', async () => {
    const causes: { id: string; summary: string }[] = JSON.parse(
      (await run('list', ['causes', '--format', 'json'])).stdout,
    );
    expect(causes.map((cause) => cause.id)).toContain('fsync-per-write');
    for (const cause of causes) expect(cause.summary.length).toBeGreaterThan(10);
  });

  it('scenarios are those of the package', async () => {
    const { stdout, exitCode } = await run('list', ['scenarios', '--format', 'json']);
    expect(exitCode).toBe(0);
    expect(Array.isArray(JSON.parse(stdout))).toBe(true);
  });

  it('refuses what it does not have', async () => {
    expect(await run('list', ['nothing'])).toMatchObject({ exitCode: 2 });
    expect(await run('list', ['probes', '--format', 'html'])).toMatchObject({ exitCode: 2 });
  });
});
