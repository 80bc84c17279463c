import type { TestProject } from 'vitest/node'
import { brokerRequired, kafkaUnavailable, startKafka, type TestKafka } from './kafka.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of the broker of the test run. Empty if there is none; tests that need it are then skipped. */
    kafkaBrokers: string
  }
}

// Several projects use this file as their global setup. They share one broker.
let starting: Promise<TestKafka | undefined> | undefined
let users = 0

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1
  starting ??= startOnce()
  const kafka = await starting
  project.provide('kafkaBrokers', kafka?.brokers ?? '')
  return async () => {
    users -= 1
    if (users > 0) return
    starting = undefined
    await kafka?.dispose()
  }
}

async function startOnce(): Promise<TestKafka | undefined> {
  const reason = await kafkaUnavailable()
  if (reason === undefined) return startKafka()
  if (brokerRequired()) throw new Error(reason)
  process.stderr.write(`\nNO KAFKA: tests that need a broker are skipped; ${reason}\n\n`)
  return undefined
}
