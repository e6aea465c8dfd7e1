import { defineConfig } from 'vitest/config';

/** Runs the sample on its own: what it needs is missing everywhere, so it must not be part of the ordinary run. */
export default defineConfig({ test: { include: ['test/support/requirements.sample.ts'] } });
