import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect } from 'vitest';
import { writeLog } from '../../scripts/bench/parse-log.ts';
import { eventually } from '../support/processes.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';
import { Child, DIST } from '../support/scene.ts';

const CLI = join(DIST, 'perfcase.js');
const analyze = (log: string, ...more: string[]) =>
  new Child([process.execPath, CLI, 'analyze', '--strace', log, ...more]);

function hasOpen(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    // A descriptor was closed meanwhile: ask again.
    return false;
  }
}

let folder = '';
let log = '';
let written = { bytes: 0, lines: 0 };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perfcase-long-log-'));
  log = join(folder, 'redis.strace');
  written = writeLog(log, 40e6);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeNeeds(['dist'], 'a log that is too long to rebuild every call', () => {
  itNeeds(
    ['dist'],
    'is counted as a whole, the verdict is there, and the report says what was read',
    async () => {
      const { code, stdout } = await analyze(log, '--format', 'json').finished;
      expect(code).toBe(3);
      const report = JSON.parse(stdout);
      const ids = report.findings.map(({ id }: { id: string }) => id);
      expect(ids).toEqual(expect.arrayContaining(['fsync-per-write', 'write-in-read-path']));
      // Of two lines of a split call, one is a call; the first line is none.
      const syncs = execFileSync('grep', ['-c', 'fdatasync(8) = 0', log], { encoding: 'utf8' });
      const { measures } = report.findings.find(({ id }: { id: string }) => id === 'fsync-per-write');
      expect(measures.fsyncs.value).toBe(Number(syncs));
      expect(report.tracer.events).toBeGreaterThan(written.lines * 0.99);
      expect(report.tracer.events).toBeLessThan(written.lines);
      expect(report.blindSpots.join(' ')).toMatch(
        /calls were counted, and \d+ calls in \d stretches read in detail/,
      );
    },
  );

  itNeeds(
    ['dist'],
    'of zeros, packed to nothing, is no log of strace, and is not judged as one',
    async () => {
      const bomb = join(folder, 'bomb.gz');
      writeFileSync(bomb, gzipSync(Buffer.alloc(40 * 1024 * 1024)));
      const { code, stdout, stderr } = await analyze(bomb, '--quiet').finished;
      expect(stderr).toBe(
        'perfcase: nothing in the input looks like strace output; check which tool printed which file.\n',
      );
      expect([code, stdout]).toEqual([4, '']);
    },
  );

  itNeeds(['dist'], 'gives the same report from a pipe', async () => {
    const command = `cat "${log}" | "${process.execPath}" "${CLI}" analyze --strace - --format json`;
    const [piped, read] = await Promise.all([
      new Child(['sh', '-c', command]).finished,
      analyze(log, '--format', 'json').finished,
    ]);
    expect(piped.stdout).toBe(read.stdout);
  });
});

describeNeeds(['dist'], 'interrupted', () => {
  itNeeds(['dist'], 'while it waits for somebody to write to a FIFO: one line, exit code 4', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    for (const args of [
      ['analyze', '--strace', path],
      ['probe', 'strace', '--input', path],
      ['analyze', path],
    ]) {
      const child = new Child([process.execPath, CLI, ...args]);
      // Signals are listened to before anything is opened.
      expect(await eventually(() => hasOpen(child.pid, path))).toBe(true);
      const { code, stdout, stderr } = await child.kill('SIGINT');
      expect({ code, stdout, stderr }).toEqual({
        code: 4,
        stdout: '',
        stderr: 'perfcase: interrupted (SIGINT).\n',
      });
    }
  });
});
