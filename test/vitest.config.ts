import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname
// Templates, and the demo that is made of them, import crbus by its name: here that is this source.
const alias = {
  'crbus/testing': `${root}src/testing.ts`,
  'crbus/otel': `${root}src/otel.ts`,
  crbus: `${root}src/index.ts`,
}
// Runs on other brokers keep their results apart.
const { CRBUS_TEST_RESULTS: results = 'results' } = process.env
/** Take minutes or large downloads, and so run under CI only. */
const slow = process.env.CI
  ? []
  : [
      'test/contract/kafka-damage.test.ts',
      'test/contract/outbox-kills.test.ts',
      'test/contract/shop-chaos.test.ts',
      'test/e2e/kills.test.ts',
      'test/e2e/runtimes.test.ts',
      'test/templates/mutation-score.test.ts',
    ]
const project = (name: string, include: string[], more = {}) => ({
  root,
  resolve: { alias },
  test: { name, include, environment: 'node', ...more },
})

export default defineConfig({
  root,
  test: {
    reporters: ['default', ['json', { outputFile: `node_modules/.cache/crbus-test/${results}.json` }]],
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { testTimeout: 60_000 }),
      project('templates', ['templates/*-ts/files/test/**/*.test.ts', 'test/templates/**/*.test.ts'], {
        exclude: [...slow, ...(process.env.COMPOSABLE_RUST_PATH ? [] : ['test/templates/rust-mutants.test.ts'])],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      }),
      project('commands', ['test/commands/**/*.test.ts'], { testTimeout: 20_000 }),
      // One broker and one Postgres serve these; a file at a time keeps its timings honest on two cores.
      project('contract', ['test/contract/**/*.test.ts'], {
        exclude: slow,
        testTimeout: 60_000,
        hookTimeout: 180_000,
        fileParallelism: false,
        globalSetup: ['test/support/kafka-global.ts', 'test/support/postgres-global.ts'],
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        // It has nothing to compile against elsewhere, and a file without tests counts as failed.
        exclude: [...slow, ...(process.env.COMPOSABLE_RUST_PATH ? [] : ['test/e2e/rust-templates.test.ts'])],
        testTimeout: 120_000,
        hookTimeout: 300_000,
        fileParallelism: false,
        globalSetup: ['test/support/kafka-global.ts', 'test/support/postgres-global.ts'],
      }),
    ],
  },
})
