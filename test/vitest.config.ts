import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './support/longest-first.ts'

const root = new URL('..', import.meta.url).pathname
// Templates, and the demo that is made of them, import crbus by its name: here that is this source.
const alias = {
  'crbus/testing': `${root}src/testing.ts`,
  'crbus/otel': `${root}src/otel.ts`,
  crbus: `${root}src/index.ts`,
}
// Runs on other brokers keep their results apart.
const { CRBUS_TEST_RESULTS: results = 'results' } = process.env
/** Take minutes, large downloads or other programs, and so run under CI only. */
const slow = process.env.CI
  ? []
  : [
      'test/contract/kafka-damage.test.ts',
      'test/contract/outbox-kills.test.ts',
      'test/contract/promtool.test.ts',
      'test/contract/shop-chaos.test.ts',
      'test/e2e/completion-shells.test.ts',
      'test/e2e/dockerfile.test.ts',
      'test/e2e/executable.test.ts',
      'test/e2e/kills.test.ts',
      'test/e2e/man-page.test.ts',
      'test/e2e/optional-decoders.test.ts',
      'test/e2e/optional-packages.test.ts',
      'test/e2e/packed-readme.test.ts',
      'test/e2e/runtimes.test.ts',
      'test/templates/mutation-score.test.ts',
    ]
/** Files that compute: one for each core. They run first, and apart from those that wait. */
const computing = { maxWorkers: Math.max(2, availableParallelism()), sequence: { groupOrder: 0 } }
/**
 * Files that wait most of the time for brokers, time-outs and processes, so that three take little more of two cores than
 * one. They share one broker and one Postgres, on which all names are random.
 */
const waiting = {
  maxWorkers: Math.max(3, availableParallelism()),
  sequence: { groupOrder: 1 },
  globalSetup: ['test/support/servers-global.ts'],
}
const project = (name: string, include: string[], more = {}) => ({
  root,
  resolve: { alias },
  test: { name, include, environment: 'node', ...more },
})

export default defineConfig({
  root,
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', ['json', { outputFile: `node_modules/.cache/crbus-test/${results}.json` }]],
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { ...computing, testTimeout: 15_000 }),
      project('templates', ['templates/*-ts/files/test/**/*.test.ts', 'test/templates/**/*.test.ts'], {
        ...computing,
        exclude: [...slow, ...(process.env.COMPOSABLE_RUST_PATH ? [] : ['test/templates/rust-mutants.test.ts'])],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      }),
      project('commands', ['test/commands/**/*.test.ts'], { ...computing, testTimeout: 20_000 }),
      project('contract', ['test/contract/**/*.test.ts'], {
        ...waiting,
        exclude: slow,
        testTimeout: 60_000,
        hookTimeout: 180_000,
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        ...waiting,
        // It has nothing to compile against elsewhere, and a file without tests counts as failed.
        exclude: [...slow, ...(process.env.COMPOSABLE_RUST_PATH ? [] : ['test/e2e/rust-templates.test.ts'])],
        testTimeout: 120_000,
        hookTimeout: 300_000,
        globalSetup: [...waiting.globalSetup, 'test/support/packed-global.ts'],
      }),
    ],
  },
})
