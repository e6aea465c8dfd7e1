import type { Evidence } from '../../core/finding.ts';
import { keyPrefix } from '../../core/redact.ts';
import { classOf, isWrite } from '../derive/command-table.ts';
import type { Command } from '../derive/conversation.ts';
import type { HttpRequest } from '../derive/http.ts';
import { isPaced } from '../derive/pacing.ts';
import { timeOf } from '../derive/path-time.ts';
import { type DerivedWrite, type Patterns, patternsOf } from '../derive/patterns.ts';
import { callEvidence, type Facts } from '../facts.ts';
import { clear, countOf, found, insufficient, ofConversation, type Rule, severityOf } from '../rule.ts';
import { judgeUnseenWrites } from '../unseen-writes.ts';

/** A scan-and-copy loop shows itself this often; fewer may be an application that moves one thing. */
const LOOP = 5;
/** In a short log a single write is enough when it is tied twice to the read before it. */
const READS_PER_WRITE = 2;
/** A GET that writes once or twice counts a visit or renews a session; this many writes are its work. */
const WRITES_PER_HTTP_READ = 10;

/**
 * Does a query write? Shown by the server's conversation (a key is read, then data derived from it is written, or a
 * key is filled, read back and deleted), and by HTTP GETs that cause writes where the client was watched too.
 * Not meant: a cache that fills itself on a miss (nothing was read), a queue (it pops), a copy of one thing.
 */
export const writeInReadPath: Rule = {
  id: 'write-in-read-path',
  question: 'Does a request that should only read also write?',
  check: ofConversation((facts, trace) => {
    const patterns = patternsOf(trace);
    const guilty = patterns.filter(isScratchPad);
    const requests = readRequestsThatWrite(trace.http);
    if (guilty.length === 0 && requests.length === 0) return innocent(facts, patterns);
    return report(facts, guilty, requests);
  }, judgeUnseenWrites),
};

function isScratchPad(pattern: Patterns): boolean {
  // A worker that takes jobs off a queue writes after reading; that is its purpose.
  if (pattern.pops > 0) return false;
  if (pattern.scratch.some((use) => use.writes.length >= LOOP)) return true;
  const listed = pattern.derived.filter((each) => each.listed);
  if (listed.length >= LOOP) return true;
  const twice = pattern.derived.filter((each) => each.keyFromValue && each.memberFromKey);
  if (twice.length === 0 || pattern.reads < READS_PER_WRITE * twice.length) return false;
  // The reads that led to nothing belong to the loop: a filter over keys of one kind.
  const prefixes = new Set(twice.map((each) => prefixOf(each.read)));
  const alike = pattern.conversation.commands.filter(
    (command) => command.name === twice[0]!.read.name && prefixes.has(prefixOf(command)),
  );
  return alike.length >= READS_PER_WRITE * twice.length;
}

function prefixOf(command: Command): string {
  return keyPrefix(command.args[0]?.text ?? '');
}

function readRequestsThatWrite(http: readonly HttpRequest[]): HttpRequest[] {
  return http.filter((request) => {
    if (request.overlapped || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
    const writes = request.commands.filter((command) => isWrite(command.name));
    const reads = request.commands.length - writes.length;
    return writes.length >= WRITES_PER_HTTP_READ && reads >= writes.length && !fillsOnMiss(request, writes);
  });
}

/** Writes of keys that the same request had looked for and not found. */
function fillsOnMiss(request: HttpRequest, writes: readonly Command[]): boolean {
  const missed = new Set<string>();
  for (const command of request.commands) {
    const { reply } = command;
    if (reply && (reply.length === -1 || reply.type === '_') && command.args[0]?.text)
      missed.add(command.args[0].text);
    // MGET: nulls among the elements.
    if (reply?.items) {
      reply.items.forEach((item, index) => {
        const text = command.args[index]?.text;
        if ((item.length === -1 || item.type === '_') && text !== undefined) missed.add(text);
      });
    }
  }
  const fills = writes.filter((write) => missed.has(write.args[0]?.text ?? ''));
  return fills.length >= writes.length * 0.8;
}

function innocent(facts: Facts, patterns: readonly Patterns[]) {
  const reads = patterns.reduce((sum, each) => sum + each.reads, 0);
  const writes = patterns.reduce((sum, each) => sum + each.writes, 0);
  const total = facts.trace!.commands.length;
  if (total < 20 && writes > 0)
    return insufficient(`only ${total} commands were seen, ${writes} of them writes`);
  if (writes === 0) return clear(`${reads} reads and no write on any connection`);
  return clear(
    `${writes} writes beside ${reads} reads; none copies a key that a list named, no key was filled, read back and deleted`,
  );
}

function report(facts: Facts, guilty: readonly Patterns[], requests: readonly HttpRequest[]) {
  const trace = facts.trace!;
  const derived = guilty.flatMap((each) => each.derived);
  const scratch = guilty.flatMap((each) => each.scratch);
  const time = timeOf(
    trace,
    guilty.map((each) => each.conversation),
  );
  // What others write is synced in this path too, and no fault of it.
  const share = time && (time.ownSyncUs + time.partsUs.write) / time.untracedUs;
  const writes = guilty.reduce((sum, each) => sum + each.writes, 0);
  const reads = guilty.reduce((sum, each) => sum + each.reads, 0);
  const names = [...new Set(derived.map((each) => each.write.name))].join(', ');
  const endpoint = requests[0] && `${requests[0].method} ${requests[0].path}`;
  const isQuery =
    scratch.length > 0 ||
    requests.length > 0 ||
    derived.some((each) => each.keyFromValue && each.memberFromKey) ||
    derived.every((each) => !each.valueCopied);
  const paced = isPaced(
    guilty.flatMap(({ conversation }) => conversation.commands.filter(goesOn)),
    trace,
  );
  const strong = derived.length + scratch.length * LOOP;
  const why = [
    derived.length > 0
      ? `${derived.length === 1 ? 'Once' : `${derived.length} times`} a client read a key and then wrote what it had just read back to the server (${names}).`
      : '',
    scratch.length > 0
      ? `It fills a key, reads it back with ${scratch[0]!.readBack.name} and deletes it: the server serves as a scratch pad.`
      : '',
    endpoint ? `${endpoint} is a query, yet its commands write.` : '',
    isQuery ? '' : 'A job that copies or converts keys looks the same.',
    paced ? 'The client rests between the steps of its walk: it looks like a job in the background.' : '',
    `Each of these writes takes a round trip${isLogged(facts) ? ', and is appended to the log and synced like any other' : ''}.`,
  ];
  return found({
    id: 'write-in-read-path',
    severity: isQuery && !paced ? severityOf(share) : 'info',
    confidence: !isQuery
      ? 0.5
      : strong >= 50 || (strong >= LOOP && requests.length > 0)
        ? 0.97
        : strong >= LOOP
          ? 0.9
          : 0.7,
    title: isQuery
      ? 'A query writes: the server is used as a scratch pad'
      : 'A loop writes what it has just read back to the server',
    why: why.filter((text) => text !== '').join(' '),
    ...(share === undefined ? {} : { share: Math.round(share * 1000) / 1000 }),
    measures: {
      ...(guilty.length > 0
        ? { reads: countOf(reads), writes: countOf(writes), derivedWrites: countOf(derived.length) }
        : {}),
      ...(scratch.length > 0 ? { scratchKeys: countOf(scratch.length) } : {}),
      ...(requests.length > 0 ? { httpReadsThatWrite: countOf(requests.length) } : {}),
    },
    evidence: evidenceFor(facts, derived, guilty, requests),
    fix: {
      summary: 'Keep what the query collects in the memory of the application; read many keys with one MGET.',
      cost: 'No durability is lost; a change of the application, not of the server.',
    },
  });
}

/** Whether the writes were seen to go into an append-only log. */
function isLogged(facts: Facts): boolean {
  return facts.trace!.appends.some(({ channel }) => channel.role === 'append-log');
}

/** The next step of a walk that has begun. */
function goesOn({ name, args }: Command): boolean {
  return classOf(name) === 'scan' && args[name === 'SCAN' ? 0 : 1]?.text !== '0';
}

function evidenceFor(
  facts: Facts,
  derived: readonly DerivedWrite[],
  guilty: readonly Patterns[],
  requests: readonly HttpRequest[],
): Evidence[] {
  const evidence: Evidence[] = [];
  const best = derived.find((each) => each.keyFromValue && each.memberFromKey) ?? derived[0];
  if (best) {
    evidence.push(callEvidence(facts, best.read.call));
    if (best.read.replyCall) evidence.push(callEvidence(facts, best.read.replyCall));
    evidence.push(callEvidence(facts, best.write.call));
  }
  const use = guilty.flatMap((each) => each.scratch)[0];
  if (use) evidence.push(callEvidence(facts, use.readBack.call), callEvidence(facts, use.deleted.call));
  const request = requests[0];
  if (request) {
    evidence.push(callEvidence(facts, request.call));
    const write = request.commands.find((command) => isWrite(command.name));
    if (write) evidence.push(callEvidence(facts, write.call));
  }
  return evidence;
}
