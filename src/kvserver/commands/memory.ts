import { getHeapSpaceStatistics } from 'node:v8';
import { CommandError } from '../command-error.ts';
import { memoryReport, memoryStatistics } from '../info/memory.ts';
import { bulk, double, integer, map, nil, OK, verbatim } from '../resp/reply.ts';
import { EXPIRY_BYTES, KEY_BYTES, valueBytes } from '../store/memory.ts';
import { integerArg } from './arguments.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const usage: Run = ({ db, resp }, args) => {
  for (let i = 3; i < args.length; i += 2) {
    const isSamples = args[i]!.toLowerCase() === 'samples' && i + 1 < args.length;
    // The size of a collection is known, whatever the number of samples.
    if (!isSamples || integerArg(args[i + 1]!) < 0) throw CommandError.syntax();
  }
  const key = args[2]!;
  const value = db.peek(key);
  if (value === undefined) return nil(resp);
  const expiry = db.expiryOf(key) === undefined ? 0 : EXPIRY_BYTES;
  return integer(KEY_BYTES + key.length + valueBytes(value) + expiry);
};

const stats: Run = ({ server, resp }) => {
  const flat = Object.entries(memoryStatistics(server)).flatMap(([name, value]) => [
    bulk(name),
    Number.isInteger(value) ? integer(value) : double(resp, String(value)),
  ]);
  return map(resp, flat);
};

const purge: Run = () => {
  // Only there when Node runs with --expose-gc; the collector comes by itself otherwise.
  globalThis.gc?.();
  return OK;
};

function heapSpaces(): string {
  return getHeapSpaceStatistics()
    .map((one) => `${one.space_name}: ${one.space_used_size} of ${one.space_size} bytes used\n`)
    .join('');
}

function sub(name: string, arity: number, summary: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags: name === 'usage' ? ['readonly'] : [],
    ...(name === 'usage' && { keys: { first: 2, last: 2, step: 1 } }),
    group: 'server',
    since: '4.0.0',
    summary,
    complexity: 'O(1)',
    run,
  };
}

const memory: CommandSpec = {
  name: 'memory',
  arity: -2,
  flags: [],
  group: 'server',
  since: '4.0.0',
  summary: 'About the memory that the data takes.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('usage', -3, 'Returns the bytes that a key and its value take, approximately.', usage),
    sub('stats', 2, 'Returns what takes how much memory.', stats),
    sub('doctor', 2, 'Says what is wrong with the memory.', ({ server, resp }) =>
      verbatim(resp, memoryReport(server)),
    ),
    sub('malloc-stats', 2, 'Returns what the allocator says; here the spaces of the heap.', ({ resp }) =>
      verbatim(resp, heapSpaces()),
    ),
    sub('purge', 2, 'Asks the allocator to give memory back.', purge),
    helpCommand('MEMORY', 'server', [
      'DOCTOR',
      '    What is wrong with the memory.',
      'MALLOC-STATS',
      '    The spaces of the heap.',
      'PURGE',
      '    Ask the allocator to give memory back.',
      'STATS',
      '    What takes how much.',
      'USAGE <key> [SAMPLES <count>]',
      '    Bytes of a key and its value; exact counts, so samples change nothing.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages MEMORY USAGE, MEMORY STATS,
 * MEMORY DOCTOR, MEMORY MALLOC-STATS, MEMORY PURGE.
 */
export const MEMORY_COMMANDS: readonly CommandSpec[] = [memory];
