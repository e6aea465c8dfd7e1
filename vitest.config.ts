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

/** Real processes: generous limits. */
const REAL = { testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // One group after the other: real targets need the CPUs for themselves.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 30_000,
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
