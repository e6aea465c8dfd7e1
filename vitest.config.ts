import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** They mostly wait, compare no times and judge nothing of the whole machine: two at once. All others run alone. */
const TOGETHER = [
  'app',
  'check',
  'diagnose-bad-input',
  'interrupt',
  'kv',
  'kv-clients',
  'latency',
  'load',
  'long-log',
  'probes',
  'record',
  'record-secrets',
  'verify',
].map((name) => `test/e2e/${name}.test.ts`);

/** They start nothing that outlives a test: their files may share a worker, which spares a start for each. */
const SHARED = [
  'analyzers',
  'capture',
  'cli',
  'core',
  'learn',
  'probes',
  'recording',
  'replay',
  'report',
  'scenario',
  'scripts',
  'tracers',
  'verify',
].map((name) => `test/${name}/**/*.test.ts`);

/**
 * What else runs on the machine can spoil one measurement or one wait, so in CI a test is tried twice; the summary names
 * each that needed it.
 */
const TRIES = { retry: process.env.CI ? 1 : 0, expect: { poll: { timeout: 20_000 } } };
const UNIT = { ...TRIES, testTimeout: 30_000 };
/** Real processes: generous limits. */
const REAL = { ...TRIES, testTimeout: 180_000, hookTimeout: 120_000 };

/** As many as CPUs, not one less: what a unit test starts leaves the CPU idle often enough. */
const WORKERS = availableParallelism();

export default defineConfig({
  test: {
    // One group after the other: real targets need the CPUs for themselves.
    projects: [
      {
        test: {
          ...UNIT,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', ...SHARED],
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          ...UNIT,
          name: 'unit-shared',
          include: SHARED,
          isolate: false,
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          ...REAL,
          name: 'e2e-together',
          include: TOGETHER,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...{ ...REAL, name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: TOGETHER },
          ...{ fileParallelism: false, sequence: { groupOrder: 2 } },
        },
      },
    ],
  },
});
