import { CommandError } from '../command-error.ts';
import type { Settings } from '../config/directives.ts';
import { bulk, integer, nil } from '../resp/reply.ts';
import type { Session } from '../session.ts';
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

/** What other servers answer for a value that they keep once for all keys. */
const SHARED = 2 ** 31 - 1;

/**
 * Small integers are kept once for all keys; under maxmemory and a policy that looks at when a value was used
 * each key needs a value of its own, and so other servers do not share them then.
 */
function isShared(value: Value, settings: Settings): boolean {
  if (typeof value !== 'string' || !/^(0|[1-9]\d{0,3})$/.test(value)) return false;
  return settings.maxmemory === 0 || !/l[rf]u$/.test(settings['maxmemory-policy']);
}

/** Said when the policy of `maxmemory-policy` keeps the other kind of access history. */
const SWITCHING =
  'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';

function frequencyOf(key: string, { db, server }: Session): string {
  if (!server.accessClock.lfu) {
    throw new CommandError(
      `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING}`,
    );
  }
  return integer(server.accessClock.frequency(db.stampOf(key)));
}

function idleTimeOf(key: string, { db, server }: Session): string {
  if (server.accessClock.lfu) {
    throw new CommandError(`ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING}`);
  }
  return integer(server.accessClock.idleSeconds(db.stampOf(key)));
}

function sub(
  name: string,
  summary: string,
  answer: (value: Value, session: Session, key: string) => string,
): CommandSpec {
  return {
    name,
    arity: 3,
    flags: ['readonly'],
    keys: { first: 2, last: 2, step: 1 },
    group: 'generic',
    since: '2.2.3',
    summary,
    complexity: name === 'encoding' ? 'O(N) for a small collection, O(1) otherwise' : 'O(1)',
    run(session, args) {
      const key = args[2]!;
      const value = session.db.peek(key);
      return value === undefined ? nil(session.resp) : answer(value, session, key);
    },
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
    sub('encoding', 'Names how a value is kept.', (value, { server }) =>
      bulk(encodingOf(value, server.config.values)),
    ),
    sub('freq', 'Returns how often a key is used, on a logarithmic scale.', (_value, session, key) =>
      frequencyOf(key, session),
    ),
    sub('idletime', 'Returns the seconds since a key was used.', (_value, session, key) =>
      idleTimeOf(key, session),
    ),
    sub('refcount', 'Returns how many share a value.', (value, { server }) =>
      integer(isShared(value, server.config.values) ? SHARED : 1),
    ),
    helpCommand('OBJECT', 'generic', [
      'ENCODING <key>',
      '    How the value is kept.',
      'FREQ <key>',
      '    How often the key is used, from 0 to 255, under an LFU policy.',
      'IDLETIME <key>',
      '    Seconds since the key was used, under any other policy.',
      'REFCOUNT <key>',
      '    How many keys share the value.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages OBJECT ENCODING, OBJECT FREQ,
 * OBJECT IDLETIME, OBJECT REFCOUNT.
 */
export const OBJECT_COMMANDS: readonly CommandSpec[] = [object];
