import type { RawClient, Reply } from '../raw-client.ts';
import type { Step } from './commands.ts';
import type { Sequence } from './sequences.ts';

/** What a sequence may have changed, and no FLUSHALL brings back. Both servers begin each one alike. */
const SETTINGS = [
  ...['appendfsync', 'everysec', 'hz', '10', 'maxclients', '10000', 'timeout', '0', 'maxmemory', '0'],
  ...['maxmemory-policy', 'noeviction', 'set-max-intset-entries', '512', 'hash-max-listpack-entries', '128'],
  ...['slowlog-log-slower-than', '10000', 'slowlog-max-len', '128', 'latency-monitor-threshold', '0'],
];

/** Sends a sequence. @returns each request with what of its reply both servers must agree on */
export async function replies(client: RawClient, { steps, resp }: Sequence): Promise<unknown[]> {
  await client.pipeline([
    ['RESET'],
    ['HELLO', resp],
    ['CONFIG', 'SET', ...SETTINGS],
    ['SELECT', 0],
    ['FLUSHALL'],
    ['CLIENT', 'SETNAME', ''],
  ]);
  const all: unknown[] = [];
  // What EXEC answers is a list of replies, each of its own request.
  let queue: Step[] = [];
  const note = (step: Step, reply: Reply) => {
    const isEnd = /^exec$/i.test(step.args[0]!);
    const isList = isEnd && Array.isArray(reply) && reply.length === queue.length;
    all.push([step.args, isList ? reply.map((each, i) => essence(queue[i]!, each)) : essence(step, reply)]);
    if (isStatus(reply, 'QUEUED')) queue.push(step);
    else if (isEnd || /^(multi|discard)$/i.test(step.args[0]!)) queue = [];
  };
  for (let at = 0; at < steps.length; ) {
    const step = steps[at]!;
    if (step.compare === 'walk') {
      const found = await walk(client, step.args);
      if (isStatus(found as Reply, 'QUEUED')) note(step, found as Reply);
      else all.push([step.args, found]);
      at++;
      continue;
    }
    let end = at + 1;
    while (end < steps.length && steps[end]!.compare !== 'walk') end++;
    const batch = steps.slice(at, end);
    const got = await client.pipeline(batch.map(({ args }) => [...args]));
    batch.forEach((each, i) => {
      note(each, got[i]!);
    });
    at = end;
  }
  return all;
}

/** A SCAN of some kind to its end. @returns every element once, sorted; or the reply when it is no page */
async function walk(client: RawClient, args: readonly string[]): Promise<unknown> {
  const cursorAt = args[0] === 'SCAN' ? 1 : 2;
  const width = args[0] === 'HSCAN' || args[0] === 'ZSCAN' ? 2 : 1;
  const found = new Set<string>();
  let cursor = '0';
  do {
    const reply = await client.call(...args.map((word, i) => (i === cursorAt ? cursor : word)));
    if (!Array.isArray(reply) || !Array.isArray(reply[1])) return reply;
    const items = reply[1];
    for (let i = 0; i < items.length; i += width) found.add(JSON.stringify(items.slice(i, i + width)));
    cursor = reply[0] as string;
  } while (cursor !== '0');
  return [...found].sort();
}

function isStatus(reply: Reply, text: string): boolean {
  return reply !== null && typeof reply === 'object' && 'status' in reply && reply.status === text;
}

function essence(step: Step, reply: Reply): unknown {
  if (isStatus(reply, 'QUEUED') || reply === null) return reply;
  if (typeof reply === 'object' && 'error' in reply) return reply;
  switch (step.compare) {
    case 'kind':
      return kind(reply);
    // A page within a transaction, whose cursor is the server's own.
    case 'walk':
      return kind(reply);
    case 'latency':
      return latency(step.args[1]!, reply);
    case 'histogram':
      return histogram(reply);
    case 'slowlog':
      // Numbers, times and addresses are each server's own.
      return (reply as Reply[][]).map((entry) => ({ length: entry.length, args: entry[3], name: entry[5] }));
    default:
      return step.unordered === true ? sorted(reply) : reply;
  }
}

/** The type of a reply. */
function kind(reply: Reply): string {
  if (Array.isArray(reply)) return 'array';
  if (reply === null || typeof reply !== 'object') return typeof reply;
  return Object.keys(reply)[0]!;
}

/**
 * Events and the form of a series; how many milliseconds and in which second differs from run to run. Of all
 * events only "command" is brought about on purpose.
 */
function latency(subcommand: string, reply: Reply): unknown {
  const numbersOut = (row: Reply): unknown =>
    Array.isArray(row) ? row.map((each) => (typeof each === 'number' ? 'number' : each)) : row;
  switch (subcommand) {
    case 'LATEST':
      return (reply as Reply[][]).filter((row) => row[0] === 'command').map(numbersOut);
    case 'HISTORY':
      return [...new Set((reply as Reply[]).map((row) => JSON.stringify(numbersOut(row))))];
    case 'GRAPH': {
      const [first, second] = text(reply).split('\n');
      return [kind(reply), first!.replace(/\d+/g, 'n'), second];
    }
    default:
      return [kind(reply), text(reply).length > 0];
  }
}

function text(reply: Reply): string {
  return typeof reply === 'string' ? reply : (reply as { verbatim: string }).verbatim;
}

/** Commands with their calls; the times behind them differ. */
function histogram(reply: Reply): unknown {
  const pairs = pairsOf(reply).map(([name, entry]) => [
    name,
    pairsOf(entry!).map(([field, value]) => (field === 'calls' ? [field, value] : [field, kind(value!)])),
  ]);
  return [kind(reply), pairs.sort(byText)];
}

function pairsOf(reply: Reply): Reply[][] {
  const flat = Array.isArray(reply) ? reply : (reply as { map: Reply[] }).map;
  return flat.flatMap((each, i) => (i % 2 === 0 ? [[each, flat[i + 1]!]] : []));
}

/** Sorts what may come in any order, however deep it lies. */
function sorted(reply: Reply): Reply {
  if (Array.isArray(reply)) return reply.map(sorted).sort(byText);
  if (reply === null || typeof reply !== 'object') return reply;
  if ('set' in reply) return { set: reply.set.map(sorted).sort(byText) };
  if (!('map' in reply)) return reply;
  return { map: pairsOf(reply).sort(byText) };
}

function byText(a: unknown, b: unknown): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
