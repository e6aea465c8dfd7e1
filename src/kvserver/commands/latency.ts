import { CommandError } from '../command-error.ts';
import { analyseLatency, describeAnalysis } from '../latency/doctor.ts';
import { drawGraph } from '../latency/graph.ts';
import { array, bulk, integer, map, verbatim } from '../resp/reply.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const latest: Run = ({ server }) =>
  array(
    [...server.latencyMonitor.events()].map(([event, series]) => {
      const last = series.spikes.at(-1)!;
      return array([bulk(event), integer(last.at), integer(last.ms), integer(series.maxMs)]);
    }),
  );

const history: Run = ({ server }, args) => {
  const spikes = server.latencyMonitor.find(args[2]!)?.spikes ?? [];
  return array(spikes.map(({ at, ms }) => array([integer(at), integer(ms)])));
};

const reset: Run = ({ server }, args) => integer(server.latencyMonitor.reset(args.slice(2)));

const graph: Run = ({ server, resp }, args) => {
  const event = args[2]!;
  const series = server.latencyMonitor.find(event);
  if (!series) throw new CommandError(`ERR No samples available for event '${event}'`);
  return verbatim(resp, drawGraph(event, series, Math.floor(server.now / 1000)));
};

const doctor: Run = ({ server, resp }, args) => {
  const json = args[2]?.toLowerCase() === 'json';
  if (args.length > 3 || (args.length === 3 && !json)) throw CommandError.syntax();
  const analysis = analyseLatency(
    server.latencyMonitor.events(),
    server.latencyThreshold,
    Math.floor(server.now / 1000),
  );
  return json ? bulk(JSON.stringify(analysis)) : verbatim(resp, describeAnalysis(analysis));
};

/** Calls and times of commands: all that were called, or those named, a container standing for its subcommands. */
const histogram: Run = ({ server, resp }, args) => {
  const called = [...server.stats.commands].filter(([, { times }]) => times !== undefined);
  const asked =
    args.length === 2
      ? called
      : args.slice(2).flatMap((word) => {
          const wanted = word.toLowerCase();
          return called.filter(([name]) => name === wanted || name.startsWith(`${wanted}|`));
        });
  const flat = asked.flatMap(([name, { times }]) => {
    const steps = times!.cumulative().flatMap(({ us, calls }) => [integer(us), integer(calls)]);
    return [
      bulk(name),
      map(resp, [bulk('calls'), integer(times!.count), bulk('histogram_usec'), map(resp, steps)]),
    ];
  });
  return map(resp, flat);
};

function sub(name: string, arity: number, summary: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    group: 'server',
    since: '2.8.13',
    summary,
    complexity: 'O(1): a series has at most 160 spikes',
    run,
  };
}

const latency: CommandSpec = {
  name: 'latency',
  arity: -2,
  flags: [],
  group: 'server',
  since: '2.8.13',
  summary: 'About the latency monitor.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('latest', 2, 'Returns the latest and the worst spike of each event.', latest),
    sub('history', 3, 'Returns the spikes of an event.', history),
    sub('reset', -2, 'Forgets the spikes of some events, or of all.', reset),
    sub('graph', 3, 'Draws the spikes of an event.', graph),
    sub('doctor', -2, 'Explains the spikes and what to do about them; with JSON the same as data.', doctor),
    sub('histogram', -2, 'Returns how long commands took, as counts by powers of two.', histogram),
    helpCommand('LATENCY', 'server', [
      'DOCTOR [JSON]',
      '    Explain the spikes and what to do about them, as text or as data.',
      'GRAPH <event>',
      '    Draw the spikes of an event.',
      'HISTOGRAM [<command> ...]',
      '    How many calls took at most how many microseconds.',
      'HISTORY <event>',
      '    The spikes of an event: second and milliseconds.',
      'LATEST',
      '    The latest and the worst spike of each event.',
      'RESET [<event> ...]',
      '    Forget the spikes of some events, or of all.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages LATENCY LATEST, LATENCY HISTORY,
 * LATENCY RESET, LATENCY GRAPH, LATENCY DOCTOR, LATENCY HISTOGRAM.
 */
export const LATENCY_COMMANDS: readonly CommandSpec[] = [latency];
