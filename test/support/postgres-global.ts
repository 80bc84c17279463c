import type { TestProject } from 'vitest/node'
import { postgresRequired, postgresUnavailable, startPostgres, type TestPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** `postgres://…` of the run's server, or empty when there is none here (then the tests say so and skip). */
    postgresUrl: string
  }
}

// Several projects name this file as their global setup: one server serves them all.
let starting: Promise<TestPostgres | undefined> | undefined
let users = 0

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1
  starting ??= startOnce()
  const postgres = await starting
  project.provide('postgresUrl', postgres?.url ?? '')
  return async () => {
    users -= 1
    if (users > 0) return
    starting = undefined
    await postgres?.dispose()
  }
}

async function startOnce(): Promise<TestPostgres | undefined> {
  const reason = await postgresUnavailable()
  if (reason === undefined) return startPostgres()
  if (postgresRequired()) throw new Error(reason)
  process.stderr.write(`\nNO POSTGRES: tests that need one are skipped; ${reason}\n\n`)
  return undefined
}
