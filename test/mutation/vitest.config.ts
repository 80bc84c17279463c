import { defineConfig } from 'vitest/config'

const root = new URL('../..', import.meta.url).pathname

/** Runs the tests of many copies of a generated service, each with one mutant, in one process: see `run-mutants.ts`. */
export default defineConfig({
  resolve: {
    alias: {
      'crbus/testing': `${root}src/testing.ts`,
      'crbus/otel': `${root}src/otel.ts`,
      crbus: `${root}src/index.ts`,
    },
  },
  server: { fs: { strict: false } },
  test: {
    include: ['mutants/*/test/*.test.ts'],
    setupFiles: [`${root}test/mutation/stop-at-first-failure.ts`],
    // Every copy has modules of its own, and crbus, which they share, is loaded once.
    isolate: false,
    pool: 'threads',
    // A mutant may wait for what never comes. Long enough for a busy machine, where a time-out would count as a kill.
    testTimeout: 10_000,
  },
})
