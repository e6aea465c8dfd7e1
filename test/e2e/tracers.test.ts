import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { TRACERS, type TracerName } from '../../src/tracers/ladder.ts';
import { harmTo } from '../support/processes.ts';
import { ownFindings, reportOf } from '../support/reports.ts';
import { describeNeeds } from '../support/requirements.ts';
import { type Finished, type Listener, Scene } from '../support/scene.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const ALWAYS = { appendonly: 'yes', appendfsync: 'always' };
const KEYS = 400;
/** What is told from the numbers of calls and the server's own counters. */
const WITHOUT_BYTES = ['fsync-per-write', 'write-in-read-path'];
/** What a tracer needs to see bytes for. */
const OF_COMMANDS = ['n-plus-one-reads', 'scan-small-count'];
/** The most that the share of waiting for syncs may differ from that of the lightest tracer. */
const SHARES_DIFFER = 0.2;

async function diagnose(server: Listener, tracer: string, ...args: string[]): Promise<Report> {
  const command = ['diagnose', '--pid', String(server.pid), '--duration', '4s', '--tracer', tracer];
  const run = scene.perfcase([...command, '--format', 'json', '--no-clients', ...args]);
  const finished: Finished = await run.finished;
  expect(harmTo(server.pid)).toBeUndefined();
  expect(run.family()).toEqual([]);
  return reportOf(finished);
}

const isSaturated = (report: Report) => report.findings.some(({ id }) => id === 'cpu-saturated');
const shareOf = (report: Report, id: string) => report.findings.find((each) => each.id === id)?.share;

describeNeeds(
  ['dist', 'root', 'bpf', 'ptrace', 'bpftrace', 'perf', 'redis-server', 'slow-disk'],
  'the ladder of tracers',
  () => {
    it('names the same causes on the same load, whichever tracer watches', async () => {
      const disk = await scene.slowDisk();
      const server = await scene.redis({ dir: disk.mountPoint, directives: ALWAYS });
      const app = await scene.app(server);
      await scene.get(app, `/init/${KEYS}`);
      scene.load(app, '/get_cache');
      const hadTracefs = existsSync('/sys/kernel/tracing/events');
      const reports = new Map<TracerName, Report>();
      // Whole windows: what strace bends is part of what is compared.
      for (const tracer of TRACERS) {
        reports.set(tracer, await diagnose(server, tracer, '--max-overhead', '100%'));
      }
      for (const [tracer, report] of reports) {
        expect(report.tracer).toMatchObject({ name: tracer, why: `it was asked for (--tracer ${tracer})` });
        const sync = report.findings.find(({ id }) => id === 'fsync-per-write')!;
        expect(sync.severity).not.toBe('info');
        expect(
          sync.evidence.some((each) => each.source === tracer && /fdatasync\(\d+\)/.test(each.text)),
        ).toBe(true);
      }
      const lightest = reports.get('bpf')!;
      const causes = ownFindings(lightest);
      expect(causes).toEqual(expect.arrayContaining([...WITHOUT_BYTES, ...OF_COMMANDS]));
      for (const tracer of ['bpftrace', 'strace'] as const) {
        expect([...ownFindings(reports.get(tracer)!)].sort()).toEqual([...causes].sort());
      }
      const perf = reports.get('perf')!;
      expect(ownFindings(perf).sort()).toEqual(WITHOUT_BYTES);
      for (const id of OF_COMMANDS) {
        expect(perf.notChecked).toContainEqual({
          id,
          because: expect.stringMatching(/^perf shows .*unknown$/),
        });
      }
      // On saturated CPUs a share is an estimate with a wide margin, and the load itself changes.
      const calm = [...reports.values()].filter((each) => !isSaturated(each));
      for (const report of isSaturated(lightest) ? [] : calm) {
        const differs = shareOf(report, 'fsync-per-write')! - shareOf(lightest, 'fsync-per-write')!;
        expect(Math.abs(differs)).toBeLessThan(SHARES_DIFFER);
      }
      expect(existsSync('/sys/kernel/tracing/events')).toBe(hadTracefs);

      // With nothing attached: what the settings, the counters and the disk say, and no more.
      const none = await diagnose(server, 'none');
      expect(none.tracer).toBeUndefined();
      expect(ownFindings(none)).toEqual(['fsync-per-write']);
      expect(none.findings.find(({ id }) => id === 'fsync-per-write')).toMatchObject({
        severity: 'warning',
        confidence: 0.6,
        why: expect.stringContaining('not seen (no tracer was asked for'),
      });
      expect(none.notChecked).toContainEqual({
        id: 'write-in-read-path',
        because: expect.stringMatching(/SADD.*look like a query that writes, and do not prove one/),
      });
    }, 120_000);
  },
);
