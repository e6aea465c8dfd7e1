import type { Command, Conversation } from './conversation.ts';
import type { Trace } from './trace.ts';

/** Commands that tell whether two ends belong to one connection. */
const PROBED = 8;
/** So many of them must agree where no address tells. */
const AGREE = 3;
/** Connections without an address are compared each with each; more are left alone. */
const MOST_COMPARED = 64;

/** Each command as the watched client sent it, for the same command as the server read it. */
export function pairEnds(trace: Pick<Trace, 'conversations' | 'clientConversations'>): Map<Command, Command> {
  const pairs = new Map<Command, Command>();
  for (const [server, client] of connectionsOf(trace)) {
    let at = 0;
    for (const command of server.commands) {
      const repliedUs = command.repliedUs;
      if (command.atUs === undefined || repliedUs === undefined) continue;
      while (at < client.length && lastSeen(client[at]!) < repliedUs) at++;
      const sent = client[at];
      if (sent && isSame(sent, command)) {
        pairs.set(command, sent);
        at++;
      }
    }
  }
  return pairs;
}

function lastSeen({ replyEndUs, atUs }: Command): number {
  return replyEndUs ?? atUs ?? Number.NEGATIVE_INFINITY;
}

/** Sent before it was read, and answered for the client after the server had replied. */
function isSame(sent: Command, read: Command): boolean {
  if (sent.name !== read.name || sent.call.startUs === undefined) return false;
  return sent.call.startUs <= read.atUs! && (sent.replyEndUs ?? Number.POSITIVE_INFINITY) >= read.repliedUs!;
}

/** Both ends of each connection: by their addresses, else by what was said on them and when. */
function connectionsOf({
  conversations,
  clientConversations,
}: Pick<Trace, 'conversations' | 'clientConversations'>): [Conversation, readonly Command[]][] {
  const byAddress = new Map<string, Conversation>();
  for (const client of clientConversations) {
    const { localAddress, remoteAddress } = client.channel.descriptor ?? {};
    if (localAddress !== undefined) byAddress.set(`${localAddress} ${remoteAddress}`, client);
  }
  const found: [Conversation, readonly Command[]][] = [];
  const matched = new Set<Conversation>();
  const alone: Conversation[] = [];
  for (const server of conversations) {
    const { localAddress, remoteAddress } = server.channel.descriptor ?? {};
    const client = byAddress.get(`${remoteAddress} ${localAddress}`);
    if (client && remoteAddress !== undefined) {
      matched.add(client);
      found.push([server, client.commands]);
    } else alone.push(server);
  }
  const others = clientConversations.filter((client) => !matched.has(client));
  if (alone.length > MOST_COMPARED || others.length > MOST_COMPARED) return found;
  for (const server of alone) {
    const fits = others.filter((client) => !matched.has(client) && saidTheSame(server, client));
    // Two that fit say that neither is known.
    if (fits.length !== 1) continue;
    matched.add(fits[0]!);
    found.push([server, fits[0]!.commands]);
  }
  return found;
}

function saidTheSame(server: Conversation, client: Conversation): boolean {
  const asked = server.commands.filter(({ repliedUs }) => repliedUs !== undefined).slice(0, PROBED);
  const agree = asked.filter((read) => sentBefore(client.commands, read).some((sent) => isSame(sent, read)));
  return agree.length >= AGREE && agree.length > asked.length / 2;
}

/** The last commands that a client had sent when a command was read. */
function sentBefore(commands: readonly Command[], { atUs }: Command): Command[] {
  let low = 0;
  let high = commands.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((commands[middle]!.call.startUs ?? 0) <= atUs!) low = middle + 1;
    else high = middle;
  }
  return commands.slice(Math.max(0, low - PROBED), low);
}
