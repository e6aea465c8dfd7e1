import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALIASES } from '../../src/kvserver/config/aliases.ts';
import { assembleConfig } from '../../src/kvserver/config/assemble.ts';
import { Config } from '../../src/kvserver/config/config.ts';
import { DIRECTIVES } from '../../src/kvserver/config/directives.ts';
import { INERT } from '../../src/kvserver/config/inert.ts';
import { describeNeeds } from '../support/requirements.ts';
import { startRedisServer } from './differential/redis-server.ts';
import { open, start } from './harness.ts';
import { RawClient } from './raw-client.ts';

const OK = { status: 'OK' };

describe('directives', () => {
  it('have one home each, and aliases lead to one', () => {
    expect(Object.keys(INERT).filter((name) => Object.hasOwn(DIRECTIVES, name))).toEqual([]);
    for (const [alias, name] of Object.entries(ALIASES)) {
      expect(Config.find(alias)).toBe(name);
      expect(Config.find(name)).toBe(name);
    }
  });

  it('print what they can read again', () => {
    const config = new Config();
    for (const name of config.names()) {
      const known = Config.find(name)!;
      const printed = config.print(name);
      const words = Config.takesMany(known) ? printed.split(' ') : [printed];
      expect([name, config.read(known, words)]).not.toEqual([
        name,
        expect.objectContaining({ reason: expect.anything() }),
      ]);
    }
  });

  it('without effect are named at the start, unless they say what is so anyway', () => {
    const at = (name: string, ...words: string[]) => ({ name, words, where: 'x' });
    const { warnings, errors } = assembleConfig([
      at('replica-read-only', 'yes'),
      at('slave-priority', '10'),
      at('oom-score-adj-values', '0', '200', '800'),
      at('daemonize', 'yes'),
      at('loadmodule', '/x.so'),
    ]);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      'x: the directive "slave-priority" is accepted, but has no effect here',
      'x: the directive "daemonize" is accepted, but has no effect here',
      'x: the directive "loadmodule" is not known here and is ignored',
    ]);
  });

  it('refuses a name that no server has, and says which one was probably meant', () => {
    const errorOf = (name: string) => assembleConfig([{ name, words: ['1'], where: 'x' }]).errors[0];
    expect(errorOf('appendfsnyc')).toBe(
      'x: there is no directive "appendfsnyc"; did you mean "appendfsync"?',
    );
    expect(errorOf('Prot')).toBe('x: there is no directive "Prot"; did you mean "port"?');
    expect(errorOf('slaveoff')).toBe('x: there is no directive "slaveoff"; did you mean "slaveof"?');
    expect(errorOf('loadmodul')).toBe('x: there is no directive "loadmodul"; did you mean "loadmodule"?');
    expect(errorOf('frobnicate')).toBe('x: there is no directive "frobnicate"; leave it out');
    expect(errorOf('a'.repeat(1e6))).toBe(`x: there is no directive "${'a'.repeat(60)}…"`);
    expect(errorOf('__proto__')).toMatch(/no directive/);
    // Of a server that this one is not.
    expect(errorOf('LoadModule')).toBeUndefined();
    expect(errorOf('io-threads-always-active')).toBeUndefined();
  });
});

describe('rename-command', () => {
  it('takes a command from those who do not know its name', async () => {
    const c = await open(await start({ 'rename-command': 'FLUSHALL Sweep' }));
    await c.call('SET', 'a', '1');
    expect(JSON.stringify(await c.call('flushall'))).toContain("ERR unknown command 'flushall'");
    expect(await c.call('DBSIZE')).toBe(1);
    expect(await c.call('SWEEP', 'ASYNC')).toEqual(OK);
    expect(await c.call('DBSIZE')).toBe(0);
  });

  it('switches a command off, and loads files that hold it all the same', async () => {
    const files = { appendonly: 'yes', appendfsync: 'always' };
    const before = await start(files);
    const c = await open(before);
    await c.pipeline([
      ['SET', 'a', '1'],
      ['SET', 'b', '1'],
      ['DEL', 'a'],
    ]);
    await before.close();
    const settings = ['rename-command', 'DEL', ''];
    const { config } = assembleConfig([{ name: settings[0]!, words: settings.slice(1), where: 'x' }]);
    expect(config.renames.translate(['del', 'b'])).toBeUndefined();
    expect(config.renames.translate(['get', 'b'])).toEqual(['get', 'b']);
    const after = await start({ ...files, dir: before.server.config.values.dir, 'rename-command': 'DEL ' });
    const d = await open(after);
    expect(await d.call('DBSIZE')).toBe(1);
    expect(await d.call('DEL', 'b')).toHaveProperty('error');
  });

  it('refuses what is no pair of names', () => {
    for (const words of [[], ['GET'], ['GET', 'a', 'b']]) {
      expect(assembleConfig([{ name: 'rename-command', words, where: 'x' }]).errors).toHaveLength(1);
    }
  });
});

describe('CONFIG', () => {
  it('sets several directives together, or none', async () => {
    const c = await open(await start());
    expect(await c.call('CONFIG', 'SET', 'hz', '20', 'timeout', 'x')).toEqual({
      error:
        "ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer",
    });
    expect(await c.call('CONFIG', 'GET', 'hz')).toEqual(['hz', '10']);
    expect(await c.call('CONFIG', 'SET', 'hz', '20', 'timeout', '30')).toEqual(OK);
    expect(await c.call('CONFIG', 'GET', 'h?', 'time*')).toEqual(['hz', '20', 'timeout', '30']);
  });

  it('knows a directive under both of its names', async () => {
    const c = await open(await start());
    expect(await c.call('CONFIG', 'SET', 'zset-max-ziplist-entries', '7')).toEqual(OK);
    expect(await c.call('CONFIG', 'GET', 'zset-max-*-entries')).toEqual([
      'zset-max-listpack-entries',
      '7',
      'zset-max-ziplist-entries',
      '7',
    ]);
  });

  it('refuses what can only be set at the start, but not to what it is', async () => {
    const c = await open(await start());
    expect(await c.call('CONFIG', 'SET', 'bind', '127.0.0.1')).toEqual(OK);
    expect(await c.call('CONFIG', 'SET', 'port', '1')).toHaveProperty('error');
    expect(await c.call('CONFIG', 'SET', 'databases', '16')).toHaveProperty('error');
  });
});

describeNeeds(['redis-server'], 'the directives of redis-server', () => {
  const dir = mkdtempSync(join(tmpdir(), 'perfcase-config-'));
  let real: Awaited<ReturnType<typeof startRedisServer>>;
  beforeAll(async () => {
    real = await startRedisServer(dir);
  });
  afterAll(async () => {
    await real?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('are all known here, with the values it prints', async () => {
    const client = await RawClient.open(real.port);
    const flat = (await client.call('CONFIG', 'GET', '*')) as string[];
    client.close();
    expect(flat.length).toBeGreaterThan(200);
    const settings = [];
    for (let i = 0; i < flat.length; i += 2) {
      const known = Config.find(flat[i]!);
      expect([flat[i], known]).not.toEqual([flat[i], undefined]);
      const words = known && Config.takesMany(known) ? flat[i + 1]!.split(' ') : [flat[i + 1]!];
      settings.push({ name: flat[i]!, words, where: flat[i]! });
    }
    const { errors, warnings } = assembleConfig(settings);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([]);
  });
});
