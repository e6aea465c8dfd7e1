import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/analyzers/rules/index.ts';
import { UserError } from '../../src/core/errors.ts';
import { loadScenario, scenarioIds } from '../../src/scenario/catalogue.ts';
import { readScenario } from '../../src/scenario/scenario.ts';

const VALID = {
  schema: 'perfcase.scenario/1',
  id: 'x',
  title: 'X',
  keys: 10,
  disk: { fsync: '8ms' },
  server: { appendonly: 'yes' },
  phases: [{ id: 'slow', title: 'Slow', path: '/get_cache', why: 'because', caseSeconds: 10.5 }],
  expect: { found: ['fsync-per-write'] },
};

describe('scenarios that are shipped', () => {
  it('fit the schema, carry the name of their folder, and expect causes that exist', async () => {
    const ids = await scenarioIds();
    expect(ids).toContain('redis-slow');
    for (const id of ids) {
      const scenario = await loadScenario(id);
      expect(scenario.id).toBe(id);
      const known = RULES.map((rule) => rule.id);
      expect(known).toEqual(expect.arrayContaining([...scenario.expect.found]));
      for (const phase of scenario.phases) expect(known).toEqual(expect.arrayContaining([...phase.mends]));
    }
  });

  it('redis-slow has the three timings of the case', async () => {
    const { phases } = await loadScenario('redis-slow');
    expect(phases.map((phase) => phase.caseSeconds)).toEqual([10.5, 0.94, 0.16]);
  });

  it('an unknown one is named with those that are known', async () => {
    await expect(loadScenario('nosuch')).rejects.toThrow(/no scenario "nosuch".*redis-slow/);
    await expect(loadScenario('../src')).rejects.toThrow(UserError);
  });
});

describe('readScenario', () => {
  it('reads a whole one', () => {
    const scenario = readScenario(VALID, 'x.yaml');
    expect(scenario.fsyncMs).toBe(8);
    expect(scenario.phases[0]).toMatchObject({ path: '/get_cache', caseSeconds: 10.5, config: {} });
    expect(scenario.phases[0]!.mends).toEqual([]);
  });

  it.each([
    ['schema', { ...VALID, schema: 'other/1' }],
    ['keys', { ...VALID, keys: 0 }],
    ['keys', { ...VALID, keys: 1.5 }],
    ['phases', { ...VALID, phases: [] }],
    ['phases[0].path', { ...VALID, phases: [{ ...VALID.phases[0], path: 7 }] }],
    ['phases[0].caseSeconds', { ...VALID, phases: [{ ...VALID.phases[0], caseSeconds: 'ten' }] }],
    ['phases[0].mends', { ...VALID, phases: [{ ...VALID.phases[0], mends: 'fsync-per-write' }] }],
    ['disk', { ...VALID, disk: '8ms' }],
    ['server.appendonly', { ...VALID, server: { appendonly: true } }],
    ['expect.found', { ...VALID, expect: { found: 'fsync-per-write' } }],
    ['scenario', 'text'],
  ])('names the field %s when it is wrong', (field, value) => {
    expect(() => readScenario(value, 'x.yaml')).toThrow(UserError);
    expect(() => readScenario(value, 'x.yaml')).toThrow(`x.yaml: "${field}"`);
  });

  it('refuses a sync time that is no duration', () => {
    expect(() => readScenario({ ...VALID, disk: { fsync: 'slow' } }, 'x.yaml')).toThrow(/no duration/);
  });
});
