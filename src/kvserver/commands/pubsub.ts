import { CommandError } from '../command-error.ts';
import type { Listening } from '../pubsub.ts';
import { array, bulk, bulks, integer, NO_REPLY, nil, push } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec, Flag } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const FLAGS: readonly Flag[] = ['pubsub', 'noscript', 'loading', 'stale', 'while_subscribed'];

/** What each command of a kind is called, and what its confirmations count. */
const NAMES = {
  channels: { on: 'subscribe', off: 'unsubscribe', thing: 'channels', since: '2.0.0' },
  patterns: { on: 'psubscribe', off: 'punsubscribe', thing: 'patterns of channels', since: '2.0.0' },
  shardChannels: { on: 'ssubscribe', off: 'sunsubscribe', thing: 'shard channels', since: '7.0.0' },
} as const satisfies Readonly<Record<Listening, object>>;

/** One confirmation for each name, with the number of subscriptions that are left; shard channels count apart. */
function confirm(session: Session, word: string, kind: Listening, name: string | undefined): string {
  const { channels, patterns, shardChannels } = session;
  const left = kind === 'shardChannels' ? shardChannels.size : channels.size + patterns.size;
  return push(session.resp, [bulk(word), name === undefined ? nil(session.resp) : bulk(name), integer(left)]);
}

/** Messages come also to a client that wants no replies, and so does what it is told of its subscriptions. */
function tell(session: Session, confirmations: string): string {
  if (session.replyMode === 'on') return confirmations;
  session.peer?.send(confirmations);
  return NO_REPLY;
}

/** In a cluster a shard channel is served by the node of its slot, as a key is. */
function shardKeys(kind: Listening): Pick<CommandSpec, 'keys'> {
  return kind === 'shardChannels' ? { keys: { first: 1, last: -1, step: 1 } } : {};
}

function subscription(kind: Listening): CommandSpec {
  const { on, thing, since } = NAMES[kind];
  return {
    name: on,
    arity: -2,
    flags: FLAGS,
    ...shardKeys(kind),
    group: 'pubsub',
    since,
    summary: `Listens to ${thing}.`,
    complexity: 'O(1) a name',
    run(session, args) {
      let out = '';
      for (const name of args.slice(1)) {
        session.server.pubsub.subscribe(session, kind, name);
        out += confirm(session, on, kind, name);
      }
      return tell(session, out);
    },
  };
}

function unsubscription(kind: Listening): CommandSpec {
  const { off, thing, since } = NAMES[kind];
  return {
    name: off,
    arity: -1,
    flags: FLAGS,
    ...shardKeys(kind),
    group: 'pubsub',
    since,
    summary: `Stops listening to ${thing}, to all of them when none is named.`,
    complexity: 'O(1) a name',
    run(session, args) {
      const names = args.length > 1 ? args.slice(1) : [...session[kind]];
      if (names.length === 0) return tell(session, confirm(session, off, kind, undefined));
      let out = '';
      for (const name of names) {
        session.server.pubsub.unsubscribe(session, kind, name);
        out += confirm(session, off, kind, name);
      }
      return tell(session, out);
    },
  };
}

const publish: CommandSpec = {
  name: 'publish',
  arity: 3,
  flags: ['pubsub', 'loading', 'stale', 'fast'],
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Sends a message to everybody who listens to a channel.',
  complexity: 'O(N + M), N being the listeners and M the number of patterns',
  run: ({ server }, args) => integer(server.pubsub.publish(args[1]!, args[2]!)),
};

const spublish: CommandSpec = {
  name: 'spublish',
  arity: 3,
  flags: ['pubsub', 'loading', 'stale', 'fast'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'pubsub',
  since: '7.0.0',
  summary: 'Sends a message to everybody who listens to a shard channel.',
  complexity: 'O(N), N being the listeners',
  run: ({ server }, args) => integer(server.pubsub.publishShard(args[1]!, args[2]!)),
};

function sub(name: string, arity: number, summary: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags: ['pubsub', 'loading', 'stale'],
    group: 'pubsub',
    since: '2.8.0',
    summary,
    complexity: 'O(N), N being the number of channels',
    run,
  };
}

function listing(name: string, kind: Listening, summary: string): CommandSpec {
  return sub(name, -2, summary, ({ server }, args) => {
    if (args.length > 3) throw CommandError.wrongSubcommand('PUBSUB', args[1]!);
    return bulks(server.pubsub.active(kind, args[2]));
  });
}

function counting(name: string, kind: Listening, summary: string): CommandSpec {
  return sub(name, -2, summary, ({ server }, args) =>
    array(args.slice(2).flatMap((one) => [bulk(one), integer(server.pubsub.listeners(kind, one))])),
  );
}

const pubsub: CommandSpec = {
  name: 'pubsub',
  arity: -2,
  flags: [],
  group: 'pubsub',
  since: '2.8.0',
  summary: 'About subscriptions.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    listing('channels', 'channels', 'Lists the channels somebody listens to.'),
    counting('numsub', 'channels', 'Counts the listeners of channels.'),
    sub('numpat', 2, 'Counts the patterns somebody listens to.', ({ server }) =>
      integer(server.pubsub.count('patterns')),
    ),
    listing('shardchannels', 'shardChannels', 'Lists the shard channels somebody listens to.'),
    counting('shardnumsub', 'shardChannels', 'Counts the listeners of shard channels.'),
    helpCommand('PUBSUB', 'pubsub', [
      'CHANNELS [<pattern>]',
      '    The channels somebody listens to by name.',
      'NUMPAT',
      '    How many patterns somebody listens to.',
      'NUMSUB [<channel> ...]',
      '    How many listen to each channel by name.',
      'SHARDCHANNELS [<pattern>]',
      '    The shard channels somebody listens to.',
      'SHARDNUMSUB [<shardchannel> ...]',
      '    How many listen to each shard channel.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE,
 * UNSUBSCRIBE, PUNSUBSCRIBE, SUNSUBSCRIBE, PUBLISH, SPUBLISH, PUBSUB CHANNELS, PUBSUB NUMSUB, PUBSUB NUMPAT,
 * PUBSUB SHARDCHANNELS, PUBSUB SHARDNUMSUB.
 */
export const PUBSUB_COMMANDS: readonly CommandSpec[] = [
  subscription('channels'),
  subscription('patterns'),
  subscription('shardChannels'),
  unsubscription('channels'),
  unsubscription('patterns'),
  unsubscription('shardChannels'),
  publish,
  spublish,
  pubsub,
];
