import { describe, expect, it } from 'vitest';
import { parseStrace } from '../../src/probes/strace.ts';
import { bulk, factsOf, int, LSOF, reportOf, slowQuery, TraceLog } from './trace-log.ts';

describe('the log writer', () => {
  it('writes what the parser reads without a problem', () => {
    const { items, problems } = parseStrace(slowQuery(new TraceLog()).text);
    expect(problems).toEqual([]);
    expect(items.length).toBeGreaterThan(200);
  });

  it('any byte survives', () => {
    const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
    const [item] = parseStrace(new TraceLog().write(8, bytes).text).items;
    expect(item).toMatchObject({ payload: bytes, result: 256 });
  });

  it('a turn is a command, its append, its sync and its answer', () => {
    const log = new TraceLog().turn(8, ['GET', 'a'], bulk('x')).turn(8, ['SADD', 'good', 'a'], int(1));
    const { trace } = factsOf(log, { lsof: LSOF });
    expect(trace!.commands.map(({ name }) => name)).toEqual(['GET', 'SADD']);
    expect(trace!.appends).toHaveLength(1);
    expect(trace!.commands[1]!.heldBy).toEqual(trace!.syncs);
  });

  it('the query of the case has its causes', () => {
    const { findings } = reportOf(slowQuery(new TraceLog(), 300), { lsof: LSOF });
    expect(findings.map(({ id }) => id).sort()).toEqual([
      'fsync-per-write',
      'n-plus-one-reads',
      'scan-small-count',
      'write-in-read-path',
    ]);
  });
});
