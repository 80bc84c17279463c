import type { TestProject } from 'vitest/node'
import { postgresRequired, postgresUnavailable, startPostgres, type TestPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The address of the server for this test run; empty without a server, when the tests are skipped with a notice. */
    postgresUrl: string
  }
}

// The global setup of several projects, which share one server.
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
