import { describe, expect, it } from 'vitest';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { bulk, bulks, OK, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, output } from './table.ts';

const ID = 'monitor-attached';
const line = (index: number) =>
  `+1795298718.${String(100_000 + index)} [0 127.0.0.1:51234] "GET" "user:${index}"\r\n`;
/** A monitor that was there before the window: only what it is told is seen. */
const fed = (thinkUs = 100) =>
  new TraceLog({ appendfsync: 'off', thinkUs }).times(40, (log, index) =>
    log.turn(8, ['GET', `user:${index}`], bulk('x')).write(11, line(index)),
  );
const listed = (flags: string) =>
  output(
    'redis',
    `> CLIENT LIST\nid=7 addr=127.0.0.1:51234 fd=11 name= age=9 idle=0 flags=${flags} db=0 cmd=monitor\n`,
  );

judges(ID, {
  fires: {
    'lines that repeat commands': () => ({ log: fed() }),
    'MONITOR within the window': () => ({ log: busyReader().turn(12, ['MONITOR'], OK) }),
    'a client with the flag O': () => ({ log: busyReader(), ...listed('O') }),
    'the flag alone': () => listed('O'),
  },
  spares: {
    'a busy reader': () => ({ log: busyReader() }),
    'a subscriber': () => ({
      log: busyReader().times(9, (log) => log.write(21, bulks('message', 'news', 'text'))),
    }),
    'clients without the flag': () => ({ log: busyReader(), ...listed('N') }),
    'a value that looks like it': () => ({
      log: new TraceLog().times(40, (log, index) => log.turn(8, ['GET', 'a'], bulk(line(index)))),
    }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three commands': () => ({ log: new TraceLog().times(3, (log) => log.turn(8, ['GET', 'a'], bulk('x'))) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('warns on a busy server and only remarks on a quiet one', () => {
    expect(findingOf(ID, { log: fed() }).severity).toBe('warning');
    expect(findingOf(ID, { log: fed(50_000) }).severity).toBe('info');
  });

  it('does not repeat what the monitor was told', () => {
    expect(JSON.stringify(findingOf(ID, { log: fed() }))).not.toContain('user:');
  });
});
