import { CommandError } from '../command-error.ts';
import type { PubSub } from '../pubsub.ts';
import { array, bulk, bulks, integer, NO_REPLY, nil, push } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec, Flag } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const FLAGS: readonly Flag[] = ['pubsub', 'noscript', 'loading', 'stale', 'while_subscribed'];

/** One confirmation for each name, with the number of subscriptions that are left. */
function confirm(session: Session, kind: string, name: string | undefined): string {
  return push(session.resp, [
    bulk(kind),
    name === undefined ? nil(session.resp) : bulk(name),
    integer(session.subscriptionCount),
  ]);
}

/** Messages come also to a client that wants no replies, and so does what it is told of its subscriptions. */
function tell(session: Session, confirmations: string): string {
  if (session.replyMode === 'on') return confirmations;
  session.peer?.send(confirmations);
  return NO_REPLY;
}

function subscription(
  kind: 'subscribe' | 'psubscribe',
  summary: string,
  add: (pubsub: PubSub, session: Session, name: string) => void,
): CommandSpec {
  return {
    name: kind,
    arity: -2,
    flags: FLAGS,
    group: 'pubsub',
    since: '2.0.0',
    summary,
    complexity: 'O(1) a name',
    run(session, args) {
      let out = '';
      for (const name of args.slice(1)) {
        add(session.server.pubsub, session, name);
        out += confirm(session, kind, name);
      }
      return tell(session, out);
    },
  };
}

function unsubscription(
  kind: 'unsubscribe' | 'punsubscribe',
  summary: string,
  all: (session: Session) => ReadonlySet<string>,
  remove: (pubsub: PubSub, session: Session, name: string) => void,
): CommandSpec {
  return {
    name: kind,
    arity: -1,
    flags: FLAGS,
    group: 'pubsub',
    since: '2.0.0',
    summary,
    complexity: 'O(1) a name',
    run(session, args) {
      const names = args.length > 1 ? args.slice(1) : [...all(session)];
      if (names.length === 0) return tell(session, confirm(session, kind, undefined));
      let out = '';
      for (const name of names) {
        remove(session.server.pubsub, session, name);
        out += confirm(session, kind, name);
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

const pubsub: CommandSpec = {
  name: 'pubsub',
  arity: -2,
  flags: [],
  group: 'pubsub',
  since: '2.8.0',
  summary: 'About subscriptions.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('channels', -2, 'Lists the channels somebody listens to.', ({ server }, args) => {
      if (args.length > 3) throw CommandError.wrongSubcommand('PUBSUB', args[1]!);
      return bulks(server.pubsub.activeChannels(args[2]));
    }),
    sub('numsub', -2, 'Counts the listeners of channels.', ({ server }, args) =>
      array(args.slice(2).flatMap((name) => [bulk(name), integer(server.pubsub.listeners(name))])),
    ),
    sub('numpat', 2, 'Counts the patterns somebody listens to.', ({ server }) =>
      integer(server.pubsub.patternCount),
    ),
    helpCommand('PUBSUB', 'pubsub', [
      'CHANNELS [<pattern>]',
      '    The channels somebody listens to by name.',
      'NUMPAT',
      '    How many patterns somebody listens to.',
      'NUMSUB [<channel> ...]',
      '    How many listen to each channel by name.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages SUBSCRIBE, PSUBSCRIBE,
 * UNSUBSCRIBE, PUNSUBSCRIBE, PUBLISH, PUBSUB CHANNELS, PUBSUB NUMSUB, PUBSUB NUMPAT.
 */
export const PUBSUB_COMMANDS: readonly CommandSpec[] = [
  subscription('subscribe', 'Listens to channels.', (all, session, name) => all.subscribe(session, name)),
  subscription('psubscribe', 'Listens to all channels that match patterns.', (all, session, name) =>
    all.subscribePattern(session, name),
  ),
  unsubscription(
    'unsubscribe',
    'Stops listening to channels, to all of them when none is named.',
    (session) => session.channels,
    (all, session, name) => all.unsubscribe(session, name),
  ),
  unsubscription(
    'punsubscribe',
    'Stops listening to patterns, to all of them when none is named.',
    (session) => session.patterns,
    (all, session, name) => all.unsubscribePattern(session, name),
  ),
  publish,
  pubsub,
];
