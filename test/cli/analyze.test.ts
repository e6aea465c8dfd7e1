import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/command.ts';
import { configure } from '../../src/cli/commands/analyze.ts';
import { UserError } from '../../src/core/errors.ts';
import type { Report } from '../../src/core/finding.ts';
import { busyReader, webServer } from '../support/logs.ts';

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** What the CLI would print, and its exit code. */
async function analyze(...args: readonly string[]): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(bytes: Buffer, _encoding, done) {
        written[name] += bytes.toString('utf8');
        done();
      },
    });
  const io: Io = {
    ...{ stdout: into('stdout'), stderr: into('stderr'), env: {}, exitCode: 0 },
    signal: new AbortController().signal,
  };
  const command = new Command('analyze').exitOverride();
  configure(command, io);
  try {
    await command.parseAsync([...args], { from: 'user' });
    return { ...written, exitCode: io.exitCode };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...written, stderr: `${written.stderr}perfcase: ${error.message}\n`, exitCode: error.exitCode };
  }
}

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.out`, import.meta.url));
const CASE = {
  strace: fixture('strace/ubuntu1804-case--pasted'),
  lsof: fixture('lsof/ubuntu1804-case--p-pasted'),
  pidstat: fixture('pidstat/ubuntu1804-case--pasted'),
  iostat: fixture('iostat/ubuntu1804-case--pasted'),
  top: fixture('top/ubuntu1804-case--pasted'),
};
const given = (files: Partial<Record<keyof typeof CASE, string>>) =>
  Object.entries(files).flatMap(([tool, file]) => [`--${tool}`, file]);
const json = async (...args: readonly string[]) => {
  const ran = await analyze(...args, '--format', 'json');
  return { ...ran, report: JSON.parse(ran.stdout) as Report };
};
const idsOf = (report: Report) => report.findings.map(({ id }) => id);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perfcase-analyze-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("the case's own outputs", () => {
  const tools = ['lsof', 'pidstat', 'iostat', 'top'] as const;
  const others = Array.from({ length: 2 ** tools.length }, (_, bits) =>
    tools.filter((_tool, index) => bits & (1 << index)),
  );
  it.each(others.map((subset) => [['strace', ...subset].join(' '), subset] as const))(
    '%s: both causes',
    async (_, subset) => {
      const files = Object.fromEntries(['strace' as const, ...subset].map((tool) => [tool, CASE[tool]]));
      const { report, exitCode, stderr } = await json(...given(files));
      expect(idsOf(report)).toEqual(['fsync-per-write', 'write-in-read-path']);
      expect(report.target.pid).toBe(9085);
      expect(report.notChecked.map(({ because }) => because).join()).not.toContain('defect');
      expect(exitCode).toBe(3);
      expect(stderr).toBe('');
    },
  );

  it('with lsof of the network namespace: the client too', async () => {
    const { report } = await json(...given(CASE), '--lsof', fixture('nsenter/ubuntu1804-case--i-pasted'));
    expect(report.clients).toEqual([{ pid: 9181, comm: 'python', address: 'localhost:32996' }]);
  });

  it('the strace of fdatasync alone, with lsof: one cause', async () => {
    const log = fixture('strace/ubuntu1804-case--fdatasync-pasted');
    const { report } = await json('--strace', log, '--lsof', CASE.lsof);
    expect(idsOf(report)).toEqual(['fsync-per-write']);
  });

  it('the excerpt without results: the commands, and that they are too few', async () => {
    const { report } = await json('--strace', fixture('strace/ubuntu1804-case--without-results'));
    expect(report.path.at(-1)!.answer).toContain('1 GET, 1 SADD');
    expect(report.findings).toEqual([]);
    expect(report.notChecked).toContainEqual({
      id: 'write-in-read-path',
      because: 'only 2 commands were seen, 1 of them writes',
    });
  });

  it('two logs: evidence names the one it stands in, and its line there', async () => {
    const second = fixture('strace/ubuntu1804-case--fdatasync-pasted');
    const { report } = await json(...given(CASE), '--strace', second);
    const lines = { strace: readFileSync(CASE.strace, 'utf8'), 'strace#2': readFileSync(second, 'utf8') };
    const evidence = report.findings.flatMap((finding) => finding.evidence);
    for (const [source, text] of Object.entries(lines)) {
      const own = evidence.filter((each) => each.source === source);
      expect(own.length).toBeGreaterThan(0);
      for (const each of own) {
        const clock = /\d\d:\d\d:\d\d\.\d+/.exec(each.text)![0];
        expect(text.split('\n')[each.line! - 1]).toContain(clock);
      }
    }
  });

  it('--fail-on decides the exit code', async () => {
    const codes = [];
    for (const level of ['info', 'warning', 'critical', 'never']) {
      codes.push((await analyze(...given(CASE), '--fail-on', level)).exitCode);
    }
    expect(codes).toEqual([3, 3, 3, 0]);
  });

  it('--output writes the report to a file and nothing else to standard output', async () => {
    const path = join(folder, 'report.md');
    const { stdout, exitCode } = await analyze(...given(CASE), '--format', 'markdown', '--output', path);
    expect([stdout, exitCode]).toEqual(['', 3]);
    expect(readFileSync(path, 'utf8')).toContain('# perfcase');
  });

  it('a folder that is not there is said before anything is done', async () => {
    const { stdout, stderr, exitCode } = await analyze(
      ...given(CASE),
      '--output',
      join(folder, 'no', 'such', 'file'),
    );
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^perfcase: --output .* cannot be written \(no such folder\); nothing was started\.\n$/,
    );
    expect(exitCode).toBe(2);
  });

  it('--no-redact shows keys and values', async () => {
    const redacted = await analyze(...given(CASE), '--format', 'json');
    const shown = await analyze(...given(CASE), '--format', 'json', '--no-redact');
    expect(redacted.stdout).not.toContain('53522908');
    expect(shown.stdout).toContain('53522908');
  });
});

describe('logs of others', () => {
  it('a healthy server: 0', async () => {
    const { report, exitCode } = await json('--strace', file('healthy.log', busyReader().text));
    expect(report.verdict).toBe('clear');
    expect(exitCode).toBe(0);
  });

  it('a process without RESP: 4, and why', async () => {
    const { report, exitCode } = await json('--strace', file('web.log', webServer().text));
    expect(report.summary).toContain('it spoke no RESP');
    expect(exitCode).toBe(4);
  });

  it('a log written with -o, which begins with a thread in the background: the busiest is the process', async () => {
    const { report } = await json('--strace', fixture('strace/debian12-strace6.1--into-file'));
    expect(report.target.pid).toBe(8257);
  });

  it('--pid chooses the process', async () => {
    const { report } = await json(...given(CASE), '--pid', '9085');
    expect(report.target).toMatchObject({ pid: 9085, comm: 'redis-server' });
  });

  it('a log that was truncated anywhere is read as far as it goes', async () => {
    const text = readFileSync(CASE.strace, 'utf8');
    for (const part of [0.3, 0.77, 0.99]) {
      const log = file('cut.log', text.slice(0, Math.floor(text.length * part)));
      const { exitCode, report } = await json('--strace', log);
      expect([0, 3, 4]).toContain(exitCode);
      expect(report.schema).toBe('perfcase.report/1');
    }
  });

  it('line ends of Windows change nothing', async () => {
    const log = file('crlf.log', readFileSync(CASE.strace, 'utf8').replaceAll('\n', '\r\n'));
    const { report } = await json('--strace', log);
    expect(idsOf(report)).toEqual(['fsync-per-write', 'write-in-read-path']);
  });
});

describe('input that cannot be used', () => {
  const oneLine = (text: string) => expect(text).toMatch(/^perfcase: [^\n]+\n$/);

  it.each([
    ['no files at all', () => [], 2, /nothing to analyze; give at least --strace LOG/],
    [
      'a file that is not there',
      () => ['--strace', join(folder, 'none')],
      2,
      /cannot be read \(no such file\)/,
    ],
    ['a directory', () => ['--lsof', folder], 2, /it is a directory/],
    ['an unknown format', () => [...given(CASE), '--format', 'pdf'], 2, /there is no format "pdf"/],
    ['an unknown severity', () => [...given(CASE), '--fail-on', 'bad'], 2, /--fail-on takes/],
    ['a pid that is none', () => [...given(CASE), '--pid', 'redis'], 2, /--pid takes a number/],
    [
      'a pid that the log does not show',
      () => [...given({ strace: CASE.strace }), '--pid', '908', '--quiet'],
      2,
      /nothing in the input is about pid 908; leave --pid out/,
    ],
  ] as const)('%s: one line and %#', async (_, args, code, reason) => {
    const { stdout, stderr, exitCode } = await analyze(...args());
    expect(stdout).toBe('');
    oneLine(stderr);
    expect(stderr).toMatch(reason);
    expect(exitCode).toBe(code);
  });

  it.each([
    ['an empty log', ''],
    ['a log of blank lines', '\n\n\n'],
    ['bytes', Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256))],
    ['the output of another tool', readFileSync(CASE.lsof)],
    ['a page of text', 'Dear colleague,\nplease find the log attached.\n'],
  ])('%s as --strace: 4, and which tool was expected', async (_, content) => {
    const { stdout, stderr, exitCode } = await analyze('--strace', file('input', content), '--quiet');
    expect(stdout).toBe('');
    oneLine(stderr);
    expect(stderr).toContain('looks like strace output');
    expect(exitCode).toBe(4);
  });

  it('all files swapped: 4', async () => {
    const { stderr, exitCode } = await analyze('--strace', CASE.top, '--top', CASE.strace, '--quiet');
    oneLine(stderr);
    expect(exitCode).toBe(4);
  });

  it('one foreign file beside good ones is named, and the rest is judged', async () => {
    const { report, stderr, exitCode } = await json('--strace', CASE.strace, '--iostat', CASE.lsof);
    expect(stderr).toContain('perfcase: nothing in the iostat input looks like its output\n');
    expect(idsOf(report)).toEqual(['fsync-per-write', 'write-in-read-path']);
    expect(exitCode).toBe(3);
  });

  it('lsof given as --strace beside good tools: inconclusive, and said', async () => {
    const { report, stderr, exitCode } = await json('--strace', CASE.lsof, '--pidstat', CASE.pidstat);
    expect(stderr).toContain('nothing in the strace input looks like its output');
    expect(report.verdict).toBe('inconclusive');
    expect(exitCode).toBe(4);
  });

  it('only resources, no log: inconclusive, with what they say', async () => {
    const { report, exitCode } = await json('--top', CASE.top, '--iostat', CASE.iostat);
    expect(report.verdict).toBe('inconclusive');
    expect(report.ruledOut.map(({ id }) => id)).toContain('cpu-saturated');
    expect(exitCode).toBe(4);
  });

  it('lines that were not read are told with their numbers', async () => {
    const text = `${readFileSync(CASE.strace, 'utf8')}[pid  9085] 14:20:17.000000 write(8, "cut o`;
    const { stderr } = await analyze('--strace', file('cut-line.log', text));
    expect(stderr).toBe('perfcase: strace:21: not read (the line ends before the call does)\n');
  });
});
