import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**'], testTimeout: 30_000 },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Real processes: generous limits, and one file at a time so that two targets never compete.
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // After the unit tests: real targets need the CPUs for themselves.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
