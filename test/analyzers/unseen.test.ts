import { describe, expect, it } from 'vitest';
import { commandCounts } from '../../src/analyzers/command-counts.ts';
import type { Surroundings } from '../support/trace-log.ts';
import { factsOf, LSOF, OK, reportOf, slowQuery, TraceLog } from '../support/trace-log.ts';
import { findingOf, verdictFor } from './rules/table.ts';

type Counts = Readonly<Record<string, number>>;

/** What the server answered once. */
const answer = (seconds: number, counts: Counts, policy: string) =>
  [
    '> INFO all\n# Server',
    `server_time_usec:${1_700_000_000_000_000 + seconds * 1e6}`,
    '# Commandstats',
    ...Object.entries(counts).map(
      ([name, calls]) => `cmdstat_${name}:calls=${calls},usec=1,usec_per_call=0.10`,
    ),
    `> CONFIG GET appendonly\nappendonly yes\n> CONFIG GET appendfsync\nappendfsync ${policy}\n`,
  ].join('\n');

/** The server's answers before and behind ten seconds, and a disk. */
function surroundings(
  before: Counts,
  after: Counts,
  over: { policy?: string; awaitMs?: number } = {},
): Surroundings {
  const { policy = 'always', awaitMs = 3 } = over;
  const row = (device: string) =>
    `${device} 0.00 0.00 0.00 0.00 0.00 0.00 300.00 900.00 0.00 0.00 ${awaitMs} 3.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.90 80.00`;
  const head =
    'Device r/s rkB/s rrqm/s %rrqm r_await rareq-sz w/s wkB/s wrqm/s %wrqm w_await wareq-sz d/s dkB/s drqm/s %drqm d_await dareq-sz f/s f_await aqu-sz %util';
  return {
    outputs: [
      { probe: 'redis', source: 'redis', text: answer(0, before, policy) },
      { probe: 'iostat', source: 'iostat', text: `${head}\n${row('sda')}\n` },
      { probe: 'redis', source: 'redis#2', text: answer(10, after, policy) },
    ],
    straceMissing: 'no tracer was asked for (--tracer none)',
  };
}

const IDLE = { smembers: 1, del: 1 };
const QUERY = { scan: 50, get: 500, sadd: 167, smembers: 2, del: 2 };

describe('counters of commands', () => {
  it('are those of the window, by the server’s own clock', () => {
    const counts = commandCounts(
      factsOf(undefined, surroundings({ get: 100, set: 5 }, { get: 130, set: 5, 'config|get': 9 })),
    )!;
    expect(counts.seconds).toBe(10);
    expect([...counts.during]).toEqual([['GET', 30]]);
    expect(counts.ever.get('SET')).toBe(5);
    expect(counts.evidence('GET').map(({ source, text }) => [source, text.slice(0, 21)])).toEqual([
      ['redis', 'cmdstat_get:calls=100'],
      ['redis#2', 'cmdstat_get:calls=130'],
    ]);
  });

  it('are unknown when the server was asked once', () => {
    const [first] = surroundings({}, {}).outputs!;
    expect(commandCounts(factsOf(undefined, { outputs: [first!] }))).toBeUndefined();
  });

  it('that were reset meanwhile count nothing that was not seen', () => {
    const counts = commandCounts(factsOf(undefined, surroundings({ get: 100 }, { get: 3 })))!;
    expect(counts.during.size).toBe(0);
  });
});

describe('fsync-per-write, with nothing attached', () => {
  it('is told from the setting, the writes and the disk, with less confidence', () => {
    const finding = findingOf('fsync-per-write', surroundings(IDLE, { ...IDLE, set: 1000 }));
    expect(finding).toMatchObject({ severity: 'warning', confidence: 0.6 });
    expect(finding.share).toBeUndefined();
    expect(finding.why).toContain(
      '100 writing commands a second, and sda takes 3 ms for a write: at least 30 %',
    );
    expect(finding.evidence.map(({ source }) => source)).toEqual(['redis#2', 'iostat', 'redis#2']);
  });

  it.each([
    ['everysec', surroundings(IDLE, { set: 1000 }, { policy: 'everysec' }), 'insufficient'],
    ['no writes', surroundings(IDLE, { get: 1000 }), 'clear'],
    ['a disk that bears it', surroundings(IDLE, { set: 1000 }, { awaitMs: 0.1 }), 'clear'],
    ['a server that was asked once', { outputs: surroundings({}, {}).outputs!.slice(0, 2) }, 'insufficient'],
    ['nothing', {}, 'insufficient'],
  ] as const)('is not claimed for %s', (_name, shown, kind) => {
    expect(verdictFor('fsync-per-write', shown).kind).toBe(kind);
  });
});

/** The same log as perf would have written it: addresses where the bytes were. */
const withoutBytes = (log: TraceLog) => log.text.replaceAll(/"(?:[^"\\]|\\.)*"(?:\.\.\.)?/g, '0x7f00');
const PERF = { tracer: { name: 'perf', events: 1 }, lsof: LSOF };

describe('write-in-read-path, without bytes', () => {
  const both = (log: TraceLog, counts: Counts) => {
    const { straceMissing, ...rest } = surroundings(IDLE, counts);
    return { ...rest, ...PERF, log: withoutBytes(log) };
  };

  it('is told where one connection reads and writes by turns, as often as the counters say', () => {
    const finding = findingOf('write-in-read-path', both(slowQuery(new TraceLog({ syncUs: 7000 })), QUERY));
    expect(finding).toMatchObject({ severity: 'warning', confidence: 0.7 });
    expect(finding.why).toContain('50 SCAN, 500 GET, 167 SADD, 1 SMEMBERS, 1 DEL');
    expect(
      finding.evidence.some(({ source, text }) => source === 'perf' && /^write|fdatasync/.test(text)),
    ).toBe(true);
    expect(finding.evidence.some(({ source }) => source === 'redis#2')).toBe(true);
  });

  const writer = new TraceLog({ syncUs: 7000 }).times(30, (log, at) =>
    log.turn(8, ['SET', `k:${at}`, 'v'], OK),
  );
  it.each([
    ['of a writer', writer, QUERY],
    ['with other counters', slowQuery(new TraceLog({ syncUs: 7000 })), { get: 500, set: 167, scan: 9 }],
    ['with a queue', slowQuery(new TraceLog({ syncUs: 7000 })), { ...QUERY, lpop: 3 }],
  ])('is not claimed for a log %s', (_name, log, counts) => {
    expect(verdictFor('write-in-read-path', both(log, counts))).toMatchObject({
      kind: 'insufficient',
      because: expect.stringMatching(/^perf shows that bytes moved and not which ones/),
    });
  });

  it('is only hinted at with nothing attached', () => {
    expect(verdictFor('write-in-read-path', surroundings(IDLE, QUERY))).toMatchObject({
      kind: 'insufficient',
      because: expect.stringContaining('look like a query that writes, and do not prove one'),
    });
  });
});

describe('a report on a log without bytes', () => {
  const log = slowQuery(new TraceLog({ syncUs: 7000 }));

  it('names the sync with nearly the share that the bytes give', () => {
    const blind = reportOf(withoutBytes(log), PERF).findings.find(({ id }) => id === 'fsync-per-write')!;
    const sighted = reportOf(log, { lsof: LSOF }).findings.find(({ id }) => id === 'fsync-per-write')!;
    expect(Math.abs(blind.share! - sighted.share!)).toBeLessThan(0.05);
    expect(blind.evidence.some(({ text }) => /fdatasync\(7\)/.test(text))).toBe(true);
  });

  it('leaves every cause of commands unchecked, and says why', () => {
    const { notChecked, ruledOut, blindSpots } = reportOf(withoutBytes(log), PERF);
    const reasons = notChecked.filter(({ because }) => because.startsWith('perf shows')).map(({ id }) => id);
    const ofCommands = [
      'n-plus-one-reads',
      'scan-small-count',
      'slow-command',
      'keys-command',
      'connection-churn',
    ];
    expect(reasons).toEqual(expect.arrayContaining(['write-in-read-path', ...ofCommands]));
    expect(ruledOut.map(({ id }) => id)).not.toEqual(expect.arrayContaining(ofCommands));
    expect(blindSpots).toContain('Perf shows that bytes moved and not which ones, so commands are unknown.');
  });

  it('is inconclusive when nothing was found', () => {
    const quiet = new TraceLog().times(30, (each) => each.turn(8, ['GET', 'a'], '$1\r\nb\r\n'));
    expect(reportOf(withoutBytes(quiet), PERF)).toMatchObject({
      verdict: 'inconclusive',
      summary: expect.stringContaining('commands are unknown'),
    });
  });
});
