import type { Settings } from '../config/directives.ts';
import { bulk, nil, ONE } from '../resp/reply.ts';
import type { Value } from '../store/values.ts';
import { parseInt64 } from './arguments.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec } from './spec.ts';

/** The longest string that servers keep in one piece with its header. */
const EMBEDDED_BYTES = 44;

/**
 * The name that a client expects for how a value is kept. This server keeps each type in one way whatever its
 * size, so the name is worked out from the limits of the configuration.
 */
export function encodingOf(value: Value, settings: Settings): string {
  if (typeof value === 'string') {
    if (value.length <= 20 && parseInt64(value) !== undefined) return 'int';
    return value.length <= EMBEDDED_BYTES ? 'embstr' : 'raw';
  }
  switch (value.kind) {
    case 'set': {
      const small = value.size <= settings['set-max-intset-entries'];
      return small && value.members.toArray().every((one) => parseInt64(one) !== undefined)
        ? 'intset'
        : 'hashtable';
    }
    case 'hash': {
      const short = (text: string) => text.length <= settings['hash-max-listpack-value'];
      const small = value.size <= settings['hash-max-listpack-entries'];
      const all = small ? [...value.fields.entries()].flat() : [];
      return small && all.every(short) ? 'listpack' : 'hashtable';
    }
    case 'list':
      return 'quicklist';
    case 'zset': {
      const small = value.size <= settings['zset-max-listpack-entries'];
      const members = small ? value.sorted.scores.toArray() : [];
      return small && members.every((one) => one.length <= settings['zset-max-listpack-value'])
        ? 'listpack'
        : 'skiplist';
    }
  }
}

type Run = NonNullable<CommandSpec['run']>;

function sub(
  name: string,
  summary: string,
  answer: (value: Value, settings: Settings) => string,
): CommandSpec {
  const run: Run = ({ db, resp, server }, args) => {
    const value = db.peek(args[2]!);
    return value === undefined ? nil(resp) : answer(value, server.config.values);
  };
  return {
    name,
    arity: 3,
    flags: ['readonly'],
    keys: { first: 2, last: 2, step: 1 },
    group: 'generic',
    since: '2.2.3',
    summary,
    complexity: 'O(N) for the encoding of a small collection, O(1) otherwise',
    run,
  };
}

const object: CommandSpec = {
  name: 'object',
  arity: -2,
  flags: [],
  group: 'generic',
  since: '2.2.3',
  summary: 'About how a value is kept.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('encoding', 'Names how a value is kept.', (value, settings) => bulk(encodingOf(value, settings))),
    sub('refcount', 'Returns how many keys share a value: always one.', () => ONE),
    helpCommand('OBJECT', 'generic', [
      'ENCODING <key>',
      '    How the value is kept.',
      'REFCOUNT <key>',
      '    How many keys share the value.',
    ]),
  ],
};

export const OBJECT_COMMANDS: readonly CommandSpec[] = [object];
