import { describe, expect, it } from 'vitest';
import { reading } from '../../support/readings.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'retransmits';

const counters = (name: string, uptime: number, sent: number, again: number) =>
  reading(name, uptime, { '/proc/9085/net/snmp': `Tcp: OutSegs RetransSegs\nTcp: ${sent} ${again}` });
const sockets = (moment: string, rows: readonly { port: number; sent: number; again: number }[]) => ({
  ...{ source: `ss ${moment}`, probe: 'ss' },
  text: [
    'State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process',
    ...rows.flatMap(({ port, sent, again }) => [
      `ESTAB  0      5     10.0.0.2:6379     10.0.0.9:${port}`,
      `\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) cubic rto:220 rtt:0.4/0.1 segs_out:${sent} ${again > 0 ? `retrans:0/${again} ` : ''}rcv_space:1`,
    ]),
    '',
  ].join('\n'),
});
type Row = readonly [sent: number, again: number];
/** Of the whole network namespace, and of each connection: before and after. */
const watched = (all: readonly [Row, Row], each: readonly (readonly [Row, Row])[]) => ({
  outputs: [
    counters('proc before', 100, ...all[0]),
    sockets(
      'before',
      each.map(([[sent, again]], at) => ({ port: 4000 + at, sent, again })),
    ),
    counters('proc after', 110, ...all[1]),
    sockets(
      'after',
      each.map(([, [sent, again]], at) => ({ port: 4000 + at, sent, again })),
    ),
  ],
});
const lossy: readonly [Row, Row] = [
  [100, 0],
  [1100, 40],
];
const sound: readonly [Row, Row] = [
  [100, 0],
  [5100, 1],
];

const onLoopback = (each: readonly [Row, Row]) => {
  const { outputs } = watched(each, [each]);
  return {
    outputs: outputs.map((output) => ({
      ...output,
      text: output.text.replaceAll('10.0.0.2:', '127.0.0.1:').replaceAll('10.0.0.9:', '127.0.0.1:'),
    })),
  };
};

judges(ID, {
  fires: {
    'a firewall that drops between two processes of the machine': () =>
      onLoopback([
        [100, 0],
        [2100, 80],
      ]),
    'one connection that loses': () =>
      watched(
        [
          [0, 0],
          [1000, 40],
        ],
        [lossy],
      ),
    'a connection that began while it was watched': () => ({
      outputs: [
        counters('proc before', 100, 0, 0),
        sockets('before', []),
        counters('proc after', 110, 500, 30),
        sockets('after', [{ port: 4000, sent: 500, again: 30 }]),
      ],
    }),
  },
  spares: {
    'a few sent again to a reader on the same machine that got no CPU': () =>
      onLoopback([
        [100, 0],
        [254, 9],
      ]),
    'nothing lost': () =>
      watched(
        [
          [0, 0],
          [9000, 0],
        ],
        [
          [
            [0, 0],
            [9000, 0],
          ],
        ],
      ),
    'one of thousands': () =>
      watched(
        [
          [0, 0],
          [9000, 1],
        ],
        [sound],
      ),
    'lost before it was watched': () =>
      watched(
        [
          [5000, 400],
          [9000, 400],
        ],
        [
          [
            [900, 400],
            [4900, 400],
          ],
        ],
      ),
    'connections of others lose': () =>
      watched(
        [
          [0, 0],
          [9000, 900],
        ],
        [sound],
      ),
    'three segments of a quiet connection': () =>
      watched(
        [
          [0, 0],
          [60, 3],
        ],
        [
          [
            [0, 0],
            [60, 3],
          ],
        ],
      ),
  },
  cannotTell: {
    'no reading': () => ({}),
    'one reading': () => ({ outputs: [counters('proc before', 100, 9, 9)] }),
    'somebody loses, and ss is missing': () => ({
      outputs: [counters('proc before', 100, 0, 0), counters('proc after', 110, 900, 90)],
      missing: { ss: 'ss is not installed' },
    }),
  },
});

describe('what it says', () => {
  it('names the part, the connections and the timer', () => {
    const { why, evidence, severity } = findingOf(
      ID,
      watched(
        [
          [0, 0],
          [6000, 41],
        ],
        [lossy, sound],
      ),
    );
    expect(severity).toBe('warning');
    expect(why).toContain('40 of 1000 segments (4 %) were sent again on 1 of its 2 connections');
    expect(why).toContain('220 ms on the worst connection');
    expect(evidence[1]!.text).toBe('ESTAB 0 5 10.0.0.2:6379 10.0.0.9:4000, retrans 40, segs_out 1100');
  });

  it('rules it out with its number', () => {
    expect(
      verdictFor(
        ID,
        watched(
          [
            [0, 0],
            [9000, 0],
          ],
          [sound],
        ),
      ),
    ).toMatchObject({ because: '0 of 9000 segments of its network namespace were sent again' });
  });
});
