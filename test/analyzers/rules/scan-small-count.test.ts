import { describe, expect, it } from 'vitest';
import { busyReader, otherDatabase, pagesByMget, shortScan, webServer } from '../../support/logs.ts';
import { page, slowQuery, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'scan-small-count';
const walk = (steps: number, ...options: string[]) =>
  new TraceLog().times(steps, (log, index) =>
    log.turn(
      8,
      ['SCAN', String(index * 32), ...options],
      page(index === steps - 1 ? 0 : (index + 1) * 32, [`a:${index}`]),
    ),
  );

judges(ID, {
  fires: {
    'the default COUNT': () => ({ log: walk(40) }),
    'COUNT 50': () => ({ log: walk(40, 'MATCH', 'uuid:*', 'COUNT', '50') }),
    'count in small letters': () => ({ log: walk(40, 'count', '20') }),
    'the query of the case on many keys': () => ({ log: slowQuery(new TraceLog(), 300) }),
    'the middle of a walk': () => ({ log: walk(60).text.split('\n').slice(37).join('\n') }),
  },
  spares: {
    'COUNT 1000': () => ({ log: walk(40, 'COUNT', '1000') }),
    'COUNT 100': () => ({ log: walk(40, 'MATCH', '*', 'COUNT', '100') }),
    'pages of 1000 with MGET': () => ({ log: pagesByMget() }),
    'a short walk': () => ({ log: shortScan() }),
    'many walks of one step': () => ({
      log: new TraceLog().times(60, (log) => log.turn(8, ['SCAN', '0'], page(0, ['a:1']))),
    }),
    'no SCAN at all': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three steps': () => ({ log: walk(3) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('only remarks on a walk that rests between its steps', () => {
    const resting = new TraceLog({ thinkUs: 20_000 }).times(40, (log, index) =>
      log.turn(8, ['SCAN', String(index * 32 + 7)], page((index + 1) * 32, [`a:${index}`])),
    );
    const finding = findingOf(ID, { log: resting });
    expect(finding.severity).toBe('info');
    expect(finding.why).toContain('The client rests between the steps');
    expect(findingOf(ID, { log: walk(40) }).severity).not.toBe('info');
  });

  it('names the COUNT that was asked for', () => {
    expect(findingOf(ID, { log: walk(40) }).why).toContain('asked for 10 keys each, the default');
    expect(findingOf(ID, { log: walk(40, 'COUNT', '50') }).measures.countAsked).toEqual({
      value: 50,
      unit: 'count',
    });
  });

  it('says how many round trips a larger COUNT saves', () => {
    expect(findingOf(ID, { log: walk(40) }).fix!.summary).toContain('one round trip instead of 100');
    expect(findingOf(ID, { log: walk(40, 'COUNT', '20') }).fix!.summary).toContain(
      'one round trip instead of 50',
    );
  });
});
