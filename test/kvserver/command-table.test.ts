import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeNeeds } from '../support/requirements.ts';
import { startRedisServer } from './differential/redis-server.ts';
import { open, start } from './harness.ts';
import { RawClient, type Reply } from './raw-client.ts';

/** Families that are out, each for one reason. */
const OUT: Readonly<Record<string, RegExp>> = {
  scripts: /^(eval|evalsha|fcall)(_ro)?$|^(function|script)(\||$)/,
  streams: /^x[a-z]+(\||$)/,
  geo: /^geo/,
  hyperloglog: /^pf/,
  modules: /^module(\||$)/,
  cluster: /^(asking|cluster|readonly|readwrite|restore-asking)(\||$)/,
  replication: /^(failover|migrate|psync|replconf|sync)$/,
};

/** What this server has beside the commands of 7.0. */
const ONLY_HERE = ['client|setinfo'];
/** LATENCY DOCTOR takes JSON here; SORT's other keys depend on data, which nobody can tell beforehand. */
const OTHERWISE = new Set(['latency|doctor', 'sort', 'sort_ro']);
/** They are about scripts that run too long and about loading in the background. */
const FLAGS_OUT = new Set(['allow_busy', 'no_async_loading', 'skip_slowlog']);

/** Without the types of replies: a set of flags in one place may be an array in the other. */
function plain(reply: Reply): unknown {
  if (Array.isArray(reply)) return reply.map(plain);
  if (reply === null || typeof reply !== 'object') return reply;
  if ('status' in reply) return reply.status;
  return reply;
}

interface Entry {
  readonly name: string;
  readonly arity: number;
  readonly flags: readonly string[];
  readonly keys: readonly number[];
  readonly categories: readonly string[];
  readonly specs: unknown;
}

function entry(info: unknown): Entry {
  const [name, arity, flags, first, last, step, categories, , specs] = info as [
    string,
    number,
    string[],
    number,
    number,
    number,
    string[],
    unknown,
    unknown[][],
  ];
  return {
    name,
    arity,
    flags: flags.filter((flag) => !FLAGS_OUT.has(flag)).sort(),
    keys: [first, last, step],
    categories: [...categories].sort(),
    // Remarks for people are not compared.
    specs: specs.map((spec) => (spec[0] === 'notes' ? spec.slice(2) : spec)),
  };
}

describeNeeds(['redis-server'], 'the command table', () => {
  let real: Awaited<ReturnType<typeof startRedisServer>>;
  let theirs: RawClient;
  const dir = mkdtempSync(join(tmpdir(), 'perfcase-commands-'));
  beforeAll(async () => {
    real = await startRedisServer(dir);
    theirs = await RawClient.open(real.port);
  });
  afterAll(async () => {
    theirs?.close();
    await real?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('lacks nothing but whole families', async () => {
    const mine = await open(await start());
    const here = new Set((await mine.call('COMMAND', 'LIST')) as string[]);
    const there = (await theirs.call('COMMAND', 'LIST')) as string[];
    const missing = there.filter((name) => !here.has(name));
    expect(missing.filter((name) => !Object.values(OUT).some((family) => family.test(name)))).toEqual([]);
    expect([...here].filter((name) => !there.includes(name))).toEqual(ONLY_HERE);
    // Every family is really out: a command that comes in leaves the list above.
    for (const family of Object.values(OUT))
      expect([...here].filter((name) => family.test(name))).toEqual([]);
  });

  it('says of each command what redis-server says', async () => {
    const mine = await open(await start());
    const names = ((await mine.call('COMMAND', 'LIST')) as string[]).filter(
      (name) => !ONLY_HERE.includes(name) && !OTHERWISE.has(name),
    );
    expect(names.length).toBeGreaterThan(180);
    const ask = async (client: RawClient) =>
      (plain(await client.call('COMMAND', 'INFO', ...names)) as unknown[]).map(entry);
    expect(await ask(mine)).toEqual(await ask(theirs));
  });
});
