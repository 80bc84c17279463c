import type { TestProject } from 'vitest/node'
import startKafka from './kafka-global.ts'
import startPostgres from './postgres-global.ts'

/** Starts the broker and the Postgres of the test run in parallel. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stops = await Promise.all([startKafka(project), startPostgres(project)])
  return async () => void (await Promise.all(stops.map((stop) => stop())))
}
