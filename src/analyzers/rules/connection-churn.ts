import { formatShare, significant } from '../../core/units.ts';
import type { Command, Conversation } from '../derive/conversation.ts';
import { callEvidence, type Facts } from '../facts.ts';
import { clear, countOf, found, insufficient, ofConversation, perSecond, type Rule } from '../rule.ts';

/** A connection that brought no more commands than this was not worth its handshake. */
const FEW_COMMANDS = 2;
/** Fewer are a health check and somebody's redis-cli. */
const MANY_CONNECTIONS = 20;
const MANY_PER_SECOND = 20;
/** A smaller part of the commands is not what makes a server slow. */
const MUCH_OF_THE_WORK = 0.3;
/** What clients say before their first question. */
const GREETINGS = new Set(['HELLO', 'AUTH', 'CLIENT', 'SELECT', 'PING', 'QUIT', 'INFO', 'COMMAND']);

/** Does a client open a connection for each command or two? */
export const connectionChurn: Rule = {
  id: 'connection-churn',
  question: 'Does a client open a new connection for every command or two?',
  check: ofConversation((facts, trace) => {
    const { seconds } = trace;
    if (!seconds) return insufficient('the log has no times');
    const short = trace.conversations.filter(isShort);
    const work = trace.commands.filter(isWork).length;
    const theirs = short.flatMap(({ commands }) => commands.filter(isWork)).length;
    const part = work > 0 ? theirs / work : 0;
    const rate = short.length / seconds;
    if (short.length < MANY_CONNECTIONS || rate < MANY_PER_SECOND || part < MUCH_OF_THE_WORK) {
      if (work < MANY_CONNECTIONS)
        return insufficient(`only ${work} commands were seen; a loop shows in ${MANY_CONNECTIONS}`);
      return clear(
        `${short.length} connections came and brought ${FEW_COMMANDS} commands or fewer, ${significant(rate)} a second`,
      );
    }
    return found({
      id: 'connection-churn',
      severity: part >= 0.5 ? 'warning' : 'info',
      confidence: 0.9,
      title: 'Connections are opened for every command or two',
      why:
        `${short.length} connections (${significant(rate)} a second) brought ${FEW_COMMANDS} commands or fewer each, ` +
        `${formatShare(part)} of all commands: each pays for a handshake and for the server's accept and close.`,
      measures: {
        connections: countOf(short.length),
        connectionsPerSec: perSecond(short.length, seconds),
        commandsShare: { value: Math.round(part * 1000) / 10, unit: '%' },
      },
      evidence: evidenceOf(facts, short),
      fix: {
        summary:
          'Keep connections open in the client: a pool, or one connection for the life of the process.',
        cost: 'The server keeps some connections open that are idle at times.',
      },
    });
  }),
};

/** It was accepted and closed while it was watched, and brought little. */
function isShort({ channel, commands }: Conversation): boolean {
  const work = commands.filter(isWork).length;
  return channel.accepted && channel.closed && work > 0 && work <= FEW_COMMANDS;
}

function isWork({ name }: Command): boolean {
  return !GREETINGS.has(name);
}

function evidenceOf(facts: Facts, short: readonly Conversation[]) {
  return short.slice(0, 3).map(({ commands }) => callEvidence(facts, commands.find(isWork)!.call));
}
