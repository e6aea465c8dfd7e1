import { describe, expect, it } from 'vitest';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { bulk, OK, request, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'huge-pipeline';
const BUFFER = 16_384;

interface Load {
  /** Full buffers of one burst. */
  readonly reads?: number;
  readonly bursts?: number;
  /** What the server works on each of them. */
  readonly turnUs?: number;
  /** Commands of another client behind each buffer. */
  readonly others?: number;
  readonly words?: readonly string[];
}

/** A client that sends SETs in one go, as a server with a buffer of 16 KiB reads them. */
function load({ reads = 20, bursts = 5, turnUs = 3000, others = 1, words }: Load = {}): TraceLog {
  const log = new TraceLog({ appendfsync: 'off' });
  const one = request(...(words ?? ['SET', 'key:10000', 'value']));
  const whole = one.repeat(Math.ceil((BUFFER * reads) / one.length));
  const read = (bytes: string) => {
    const shown = bytes.slice(0, 300).replaceAll('\r\n', '\\r\\n');
    log.call('read', `9, "${shown}"..., ${BUFFER}`, bytes.length);
  };
  return log.times(bursts, (_, burst) => {
    for (let at = 0; at < whole.length; at += BUFFER) {
      read(whole.slice(at, at + BUFFER));
      log.wait(turnUs).write(9, OK.repeat(400));
      log.times(others, (each, index) => each.turn(8, ['GET', `user:${burst}:${index}`], bulk('x')));
    }
    log.times(20, (each, index) => each.turn(8, ['GET', `user:${index}`], bulk('x')));
  });
}

judges(ID, {
  fires: {
    'bursts of thousands of commands before others': () => ({ log: load() }),
    'short turns that fill the time': () => ({ log: load({ turnUs: 700, reads: 60 }) }),
  },
  spares: {
    'a bulk load while nobody else asks': () => ({ log: load({ others: 0 }) }),
    'bursts that are rare': () => ({
      log: load({ bursts: 1 }).times(300, (log) => log.wait(5000).turn(8, ['GET', 'a'], bulk('x'))),
    }),
    'turns of microseconds': () => ({ log: load({ turnUs: 20 }) }),
    'one large value': () => ({ log: load({ words: ['SET', 'key', 'x'.repeat(400_000)] }) }),
    'pipelines of 50': () => ({
      log: new TraceLog({ appendfsync: 'off' }).times(40, (log) =>
        log
          .pipeline(
            9,
            Array.from({ length: 50 }, (_, index) => [['SET', `k:${index}`, 'v'], OK] as const),
          )
          .turn(8, ['GET', 'user:1'], bulk('x')),
      ),
    }),
    'a busy reader': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three commands': () => ({ log: new TraceLog().times(3, (log) => log.turn(8, ['GET', 'a'], bulk('x'))) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('counts by the bytes, and shows the burst and somebody who came meanwhile', () => {
    const { measures, evidence, severity, why } = findingOf(ID, { log: load() });
    expect(measures.bursts).toEqual({ value: 5, unit: 'count' });
    expect(measures.commands!.value).toBeGreaterThan(7000);
    expect(severity).toBe('warning');
    expect(why).toContain('of other clients came meanwhile');
    expect(evidence.map(({ text }) => /read\(\d+/.exec(text)?.[0])).toEqual(['read(9', 'read(9', 'read(8']);
  });
});
