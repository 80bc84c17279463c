import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname
const project = (name: string, include: string[], more = {}) => ({
  root,
  test: { name, include, environment: 'node', ...more },
})

export default defineConfig({
  root,
  test: {
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/crbus-test/results.json' }]],
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { testTimeout: 60_000 }),
      // The templates for TypeScript as they stand, on this source instead of an installed crbus.
      {
        ...project('templates', ['templates/*-ts/files/test/**/*.test.ts'], { testTimeout: 60_000 }),
        resolve: { alias: { 'crbus/testing': `${root}src/testing.ts`, crbus: `${root}src/index.ts` } },
      },
      project('commands', ['test/commands/**/*.test.ts'], { testTimeout: 20_000 }),
      // One broker and one Postgres serve these; a file at a time keeps its timings honest on two cores.
      project('contract', ['test/contract/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 180_000,
        fileParallelism: false,
        globalSetup: ['test/support/kafka-global.ts', 'test/support/postgres-global.ts'],
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 300_000,
        fileParallelism: false,
        globalSetup: ['test/support/kafka-global.ts', 'test/support/postgres-global.ts'],
      }),
    ],
  },
})
