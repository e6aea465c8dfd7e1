import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/analyzers/rules/index.ts';
import { UserError } from '../../src/core/errors.ts';
import { corpusIds, loadScenario, scenarioIds } from '../../src/scenario/catalogue.ts';
import { readScenario, withoutFaults } from '../../src/scenario/scenario.ts';
import { skeletonOf } from '../../src/scenario/skeleton.ts';

const VALID = `schema: perfcase.scenario/1
id: x
kind: fault
title: X
vary:
  keys: 100..200
  prefix: [user, cart]
load:
  - name: readers
    connections: 3
    rate: 100
    do:
      - [GET, "{prefix}:{any keys}"]
fault:
  - server:
      appendfsync: always
  - name: writers
    do:
      - ask: [GET, a]
        as: value
      - when: value
        is: good
        do: [[SET, a, "{text 10}"]]
fixes:
  - id: everysec
    title: Once a second
    mends: [fsync-per-write]
    config: {appendfsync: everysec}
    remove: [writers]
expect:
  top: fsync-per-write
  numbers: {fsync-per-write.share: ">=0.5"}
`;

/** The valid scenario with one piece replaced. */
function withChange(from: string, to: string): () => unknown {
  expect(VALID).toContain(from);
  return () => readScenario(VALID.replace(from, to), 'x.yaml');
}

describe('scenarios that are shipped', () => {
  it('fit the schema, carry the name of their folder, and name causes that exist', async () => {
    const [shipped, corpus] = [await scenarioIds(), await corpusIds()];
    expect(shipped).toContain('redis-slow');
    const known = RULES.map((rule) => rule.id);
    for (const id of [...shipped, ...corpus]) {
      for (const seed of [1, 2, 3]) {
        const { expect: expected, phases, ...scenario } = await loadScenario(id, { seed });
        expect(scenario.id).toBe(id);
        const named = [...expected.found, ...expected.notFound, ...phases.flatMap(({ mends }) => mends)];
        expect(known).toEqual(expect.arrayContaining(named));
        if (scenario.kind === 'control') expect(expected.found).toEqual([]);
        else expect(expected.found.length).toBeGreaterThanOrEqual(scenario.kind === 'pair' ? 2 : 1);
      }
    }
  });

  it('each that is listed has a story', async () => {
    for (const id of await scenarioIds()) expect((await loadScenario(id)).files.story).toBeDefined();
  });

  it('redis-slow has the three timings of the case', async () => {
    const { phases } = await loadScenario('redis-slow');
    expect(phases.map((phase) => phase.caseSeconds)).toEqual([10.5, 0.94, 0.16, undefined]);
  });

  it('an unknown one is named with those that are known', async () => {
    await expect(loadScenario('nosuch')).rejects.toThrow(/no scenario "nosuch".*redis-slow/);
    await expect(loadScenario('../src')).rejects.toThrow(UserError);
    await expect(loadScenario('no/such.yaml')).rejects.toThrow(/no\/such\.yaml cannot be read \(ENOENT\)/);
  });

  it('the skeleton fits the schema', () => {
    expect(readScenario(skeletonOf('my-own'), 'x.yaml')).toMatchObject({ id: 'my-own', kind: 'fault' });
  });
});

describe('readScenario', () => {
  it('reads a whole one', () => {
    const scenario = readScenario(VALID, 'x.yaml');
    expect(scenario).toMatchObject({
      ...{ id: 'x', kind: 'fault', servers: ['bundled', 'redis'], measure: 'readers' },
      expect: { top: 'fsync-per-write', found: ['fsync-per-write'] },
    });
    expect(scenario.fsyncMs).toBeUndefined();
    expect(scenario.phases.map(({ id }) => id)).toEqual(['symptom', 'everysec']);
    expect(scenario.fault.map(({ kind, name }) => [kind, name])).toEqual([
      ['server', 'server'],
      ['part', 'writers'],
    ]);
  });

  it('reads a server program of its own, its clients, and the requests that begin and end a fault', () => {
    const { load, fault } = readScenario(
      VALID.replace(
        'load:\n',
        'load:\n  - {name: shop, python: shop.py, args: ["{keys}"]}\n  - {of: shop, http: /a}\n',
      ).replace('fault:\n', 'fault:\n  - {asks: {of: shop, begin: /drop, end: /create}}\n'),
      'x.yaml',
      { fixed: { keys: 5 } },
    );
    expect(load[0]!.spec).toEqual({ kind: 'python', script: 'shop.py', args: ['5'] });
    expect(load[1]!.spec).toMatchObject({ kind: 'http', of: 'shop', path: '/a' });
    expect(fault[0]).toMatchObject({ kind: 'asks', of: 'shop', begin: '/drop', end: '/create' });
    expect(() => readScenario(VALID.replace('do:', 'python: ../x.py'), 'x.yaml')).toThrow(
      /beside the scenario/,
    );
  });

  it('draws the same parameters for the same seed, within their limits, and puts them in', () => {
    const drawn = (seed: number) => readScenario(VALID, 'x.yaml', { seed }).parameters;
    expect(drawn(7)).toEqual(drawn(7));
    const seeds = Array.from({ length: 50 }, (_, seed) => drawn(seed));
    expect(new Set(seeds.map(({ keys }) => keys)).size).toBeGreaterThan(20);
    expect(new Set(seeds.map(({ prefix }) => prefix))).toEqual(new Set(['user', 'cart']));
    for (const { keys } of seeds) expect(Number(keys) >= 100 && Number(keys) <= 200).toBe(true);
    const { load, parameters } = readScenario(VALID, 'x.yaml', { seed: 7 });
    expect(load[0]!.spec).toMatchObject({
      steps: [{ words: ['GET', `${parameters.prefix}:{any ${parameters.keys}}`] }],
    });
  });

  it('takes a parameter that somebody has chosen, and no unknown one', () => {
    expect(readScenario(VALID, 'x.yaml', { fixed: { keys: 5 } }).parameters.keys).toBe(5);
    expect(() => readScenario(VALID, 'x.yaml', { fixed: { size: 5 } })).toThrow(/"vary.size" must be/);
  });

  it('without its faults it has no fixes either', () => {
    const healthy = withoutFaults(readScenario(VALID, 'x.yaml'));
    expect([healthy.fault.length, healthy.phases.length]).toEqual([0, 1]);
  });

  it.each([
    ['perfcase.scenario/1', 'other/1', 'x.yaml:1: "schema" must be perfcase.scenario/1, not "other/1".'],
    ['kind: fault', 'kind: ill', 'x.yaml:3: "kind" must be case, fault, pair or control, not "ill".'],
    [
      'rate: 100',
      'rate: fast',
      'x.yaml:11: "load[0].rate" must be a number from 0.01 to 1000000, not "fast".',
    ],
    ['connections: 3', 'conections: 3', 'x.yaml:10: "load[0].conections" is no field of "load[0]"'],
    ['appendfsync: always', 'appendfsync: true', 'x.yaml:16: "fault[0].server.appendfsync" must be a text'],
    [
      'remove: [writers]',
      'remove: [readers]',
      '"fixes[0].remove[0]" must be the name of a fault, not "readers"',
    ],
    ['title: X\n', '', '"title" must be a text, not absent.'],
    ['">=0.5"', 'half', 'x.yaml:32: "expect.numbers.fsync-per-write.share" must be a range'],
    ['when: value', 'if: value', 'x.yaml:21: "fault[1].do[1]" must be a command as a list of words'],
    [
      'do:\n      - [GET, "{prefix}:{any keys}"]',
      'http: /a\n    of: shop',
      'x.yaml:13: "load[0].of" must be the name of a python part, not "shop".',
    ],
    [
      '- server:\n      appendfsync: always',
      '- asks: {of: readers, begin: /a, end: /b}',
      'x.yaml:15: "fault[0].asks.of" must be the name of a python part, not "readers".',
    ],
    [
      'name: writers\n',
      'name: writers\n    instead: reader\n',
      'x.yaml:18: "fault[1].instead" must be the name of a part under load, not "reader".',
    ],
    ['100..200', '200..100', '"vary.keys" must be a span such as 500..2000'],
    ['title: X', 'title: [X', 'this is no YAML'],
  ])('%j as %j: %s', (from, to, message) => {
    expect(withChange(from, to)).toThrow(UserError);
    expect(withChange(from, to)).toThrow(message);
  });

  it('names all problems at once, in the order of the lines, and nothing that follows from them', () => {
    const text = VALID.replace('kind: fault', 'kind: ill').replace('fixes:', 'prepare:\n  - fil: {}\nfixes:');
    let message = '';
    try {
      readScenario(text, 'x.yaml');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n')).toEqual([
      expect.stringMatching(/^x\.yaml:3: "kind"/),
      expect.stringMatching(
        /^x\.yaml:25: "prepare\[0\]\.fil" is no field of "prepare\[0\]"; there is fill\.$/,
      ),
      expect.stringMatching(/^x\.yaml:25: "prepare\[0\]\.fill" must be a mapping with keys, key/),
    ]);
  });

  it('refuses what is no mapping at all', () => {
    expect(() => readScenario('text', 'x.yaml')).toThrow('x.yaml:1: the scenario must be a mapping');
    expect(() => readScenario('', 'x.yaml')).toThrow('the scenario must be a mapping');
  });
});
