import type { Surroundings } from './trace-log.ts';

type Fields = Readonly<Record<string, number | string>>;

/** What a server answers before and after a window of ten seconds; fields of INFO, and rows of CLIENT LIST. */
export function askedTwice(
  before: Fields,
  after: Fields,
  {
    clients = [[], []],
    latency = '',
  }: { clients?: readonly [readonly string[], readonly string[]]; latency?: string } = {},
): Surroundings {
  return {
    outputs: [
      { probe: 'redis', source: 'redis', text: answer(0, before, clients[0]) },
      { probe: 'redis', source: 'redis#2', text: answer(10, after, clients[1], latency) },
    ],
  };
}

const BEGAN = 1_795_298_700;

function answer(second: number, fields: Fields, clients: readonly string[], latency = ''): string {
  const info = Object.entries(fields).map(([name, value]) => `${name}:${value}\n`);
  return (
    `> INFO all\n# Server\nserver_time_usec:${BEGAN + second}000000\n# Stats\n${info.join('')}` +
    `> LATENCY LATEST\n${latency}> CLIENT LIST\n${clients.map((row) => `${row}\n`).join('')}`
  );
}

/** A line of LATENCY LATEST: a spike in the middle of that window, or before it. */
export const spike = (event: string, ms: number, second = 5): string =>
  `${event} ${BEGAN + second} ${ms} ${ms}\n`;

/** A row of CLIENT LIST. */
export const client = (id: number, omem: number, flags = 'N', idle = 0): string =>
  `id=${id} addr=127.0.0.1:${50_000 + id} laddr=127.0.0.1:6379 fd=${id + 5} name= age=9 idle=${idle} flags=${flags} db=0 omem=${omem} cmd=get user=default`;
