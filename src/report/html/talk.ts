import type { ClientProcess, PathStep, Report } from '../../core/finding.ts';
import { formatMs, plural } from '../../core/units.ts';
import { escaped, type Section } from './text.ts';

/** More processes than this are counted, not drawn. */
const SHOWN = 6;

/** Who talks to whom: requests, the clients behind them, the target, its file and disk. */
export function talk(report: Report): Section | undefined {
  const { target, clients, endpoints, path, tracer } = report;
  if (target.pid === undefined) return undefined;
  const said = (question: string) => path.find((step: PathStep) => step.question === question)?.answer;
  const [writes] = (said('Which system calls write and sync?') ?? '').split(' (median)');
  const file = said('Which file is that?');
  const disk = said('Is a disk overloaded?');
  const commands = said('Which commands did the clients send?')?.split(';')[0];
  const { server } = target;
  const columns = [
    endpoints.length > 0
      ? column(
          endpoints
            .slice(0, SHOWN)
            .map(({ name, seconds }) =>
              box(
                'request',
                name,
                seconds.p50 === undefined ? [] : [`${formatMs(seconds.p50 * 1000)} (median)`],
              ),
            ),
        )
      : '',
    ...(clients.length > 0
      ? [endpoints.length > 0 ? way('HTTP') : '', column(clientBoxes(clients)), way(commands ?? 'commands')]
      : []),
    column([
      box('server', processName(target), [
        ...(server ? [[server.kind, server.version].filter(Boolean).join(' ')] : []),
        ...(server?.port === undefined ? [] : [`port ${server.port}`]),
        ...(target.container === undefined ? [] : [`container ${target.container}`]),
        ...(tracer ? [`watched by ${tracer.name}`] : []),
      ]),
    ]),
    ...(file === undefined ? [] : [way(writes || 'writes'), column([fileBox(file)])]),
    ...(file !== undefined && disk !== undefined ? [way('to the disk'), column([diskBox(disk)])] : []),
  ];
  return {
    id: 'talk',
    title: 'Who talks to whom',
    html: `<ul class="talk">${columns.filter((each) => each !== '').join('')}</ul>`,
  };
}

function clientBoxes(clients: readonly ClientProcess[]): string[] {
  const byProcess = new Map<string, ClientProcess[]>();
  for (const client of clients) {
    const key = String(client.pid ?? 'unknown');
    byProcess.set(key, [...(byProcess.get(key) ?? []), client]);
  }
  const boxes = [...byProcess.values()].slice(0, SHOWN).map((own) => {
    const [first] = own;
    const name = first!.pid === undefined ? 'processes that could not be seen' : processName(first!);
    return box('client', name, [
      own.length === 1
        ? `from ${first!.address}`
        : `${plural(own.length, 'connection')}, one from ${first!.address}`,
      ...(first!.container === undefined ? [] : [`container ${first!.container}`]),
    ]);
  });
  const hidden = byProcess.size - SHOWN;
  return hidden > 0 ? [...boxes, box('client', `${hidden} more processes`, [])] : boxes;
}

const processName = ({ comm, pid }: { readonly comm?: string; readonly pid?: number }): string =>
  `${comm ?? 'process'} (${pid})`;

/** "descriptor 18 is /data/appendonly.aof, device 8,1" */
function fileBox(answer: string): string {
  const [, fd, name, device] = /^descriptor (\d+) is (.*?)(?:, device ([\d,]+))?$/s.exec(answer) ?? [];
  if (name === undefined) return box('file', answer, []);
  const base = name.slice(name.lastIndexOf('/') + 1) || name;
  return box('file', base, [
    ...(base === name ? [] : [name.slice(0, name.lastIndexOf('/') + 1)]),
    `descriptor ${fd}${device === undefined ? '' : `, device ${device}`}`,
  ]);
}

/** "loop0: 290 writes/s of 2.81 ms, …" */
function diskBox(answer: string): string {
  const colon = answer.indexOf(': ');
  return colon < 0
    ? box('disk', answer, [])
    : box('disk', answer.slice(0, colon), answer.slice(colon + 2).split(', '));
}

const column = (boxes: readonly string[]): string => `<li class="column">${boxes.join('')}</li>`;

function box(kind: string, name: string, facts: readonly string[]): string {
  const lines = facts.map((fact) => `<span>${escaped(fact)}</span>`).join(' ');
  return `<div class="box"><small>${kind}</small> <b>${escaped(name)}</b> ${lines}</div>`;
}

const way = (text: string): string =>
  `<li class="way"><span>${text.split(', ').map(escaped).join('<br>')}</span><i aria-hidden="true"></i></li>`;
