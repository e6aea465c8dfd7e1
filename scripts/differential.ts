// Sends random sequences of commands to the bundled server and to a redis-server and compares every reply.
// `npm run differential -- 1000 --seed 1`
import { isDeepStrictEqual, parseArgs } from 'node:util';
import fc from 'fast-check';
import { replies } from '../test/kvserver/differential/compare.ts';
import { SEQUENCE, type Sequence } from '../test/kvserver/differential/sequences.ts';
import { RawClient } from '../test/kvserver/raw-client.ts';
import { Scene } from '../test/support/scene.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: String(Date.now() % 1_000_000) } },
});
const count = Number(positionals[0] ?? 1000);
const seed = Number(values.seed);
if (!Number.isInteger(count) || !Number.isInteger(seed))
  throw new Error('usage: differential [COUNT] [--seed N]');

/** A stop of either server; a reply that never comes. */
const PATIENCE_MS = 20_000;
/** Differences are shown in their smallest form; when one has been found, what looks like it is passed over. */
const MOST_SHOWN = 20;

type Pairs = [args: readonly string[], reply: unknown][];

async function main(scene: Scene): Promise<void> {
  const redis = await scene.redis({ directives: { 'enable-debug-command': 'yes' } });
  const kv = await scene.kv({ directives: { save: '' } });
  let requests = 0;
  const open = () => Promise.all([kv.port, redis.port].map((port) => RawClient.open(port)));
  let clients = await open();
  const compare = async (sequence: Sequence): Promise<[Pairs, Pairs]> => {
    requests += sequence.steps.length;
    const both = Promise.all(clients.map((client) => replies(client, sequence)));
    const late = new Promise<never>((_, fail) => {
      setTimeout(() => fail(new Error('no reply')), PATIENCE_MS).unref();
    });
    try {
      return (await Promise.race([both, late])) as [Pairs, Pairs];
    } catch (error) {
      for (const client of clients) client.close();
      clients = await open();
      throw error;
    }
  };
  const known = new Set<string>();
  /** The first request whose replies differ, in a form that what looks like it shares. */
  const difference = async (sequence: Sequence): Promise<string | undefined> => {
    const [mine, theirs] = await compare(sequence);
    const at = mine.findIndex((pair, i) => !isDeepStrictEqual(pair, theirs[i]));
    if (at < 0) return undefined;
    return `${mine[at]![0][0]!.toUpperCase()} ${kindOf(mine[at]![1])} / ${kindOf(theirs[at]![1])}`;
  };
  process.stdout.write(`seed ${seed}, ${count} sequences\n`);
  let done = 0;
  for (let part = 0; done < count && known.size < MOST_SHOWN; part++) {
    const numRuns = count - done;
    const property = fc.asyncProperty(SEQUENCE, async (sequence) => {
      done++;
      const what = await difference(sequence);
      return what === undefined || known.has(what);
    });
    const before = done;
    const result = await fc.check(property, { numRuns, seed: seed + part, endOnFailure: false });
    // Shrinking runs sequences too, which are not counted.
    done = result.failed ? before + result.numRuns : done;
    if (!result.failed) break;
    const sequence = result.counterexample![0];
    known.add((await difference(sequence)) ?? 'not again');
    await show(sequence, compare);
  }
  process.stdout.write(`${done} sequences, ${requests} requests compared, ${known.size} differences\n`);
  for (const client of clients) client.close();
  if (known.size > 0) process.exitCode = 1;
}

function kindOf(reply: unknown): string {
  return (
    JSON.stringify(reply)
      ?.replace(/[\d.]+/g, 'n')
      .slice(0, 40) ?? 'nothing'
  );
}

async function show(
  sequence: Sequence,
  compare: (sequence: Sequence) => Promise<[Pairs, Pairs]>,
): Promise<void> {
  const [mine, theirs] = await compare(sequence);
  process.stdout.write(`\nRESP${sequence.resp}\n`);
  mine.forEach(([args, reply], i) => {
    const other = theirs[i]![1];
    const line = args
      .map((word) => JSON.stringify(word.slice(0, 60)))
      .join(' ')
      .slice(0, 200);
    const same = isDeepStrictEqual(reply, other);
    process.stdout.write(`${same ? ' ' : '*'} ${line}\n`);
    if (same) return;
    process.stdout.write(`    perfcase kv:  ${JSON.stringify(reply)?.slice(0, 300)}\n`);
    process.stdout.write(`    redis-server: ${JSON.stringify(other)?.slice(0, 300)}\n`);
  });
}

const scene = new Scene();
try {
  await main(scene);
} finally {
  await scene.close();
}
