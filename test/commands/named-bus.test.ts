import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { connectionFailed } from '../../src/bus/errors.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import CheckLag from '../../src/commands/check/lag.ts'
import CheckTopic from '../../src/commands/check/topic.ts'
import Lag from '../../src/commands/lag.ts'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { type Runnable, runCli } from './run-cli.ts'

// Plans, prompts and documents say which bus they are about.

let folder: string
let broker: MemoryBroker
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-named-'))
  broker = new MemoryBroker()
  await new InMemoryEventBus({ broker }).admin.createTopic('order-events')
  return () => rmSync(folder, { recursive: true })
})

const withProfile = (profile: object) =>
  writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ profile: 'prod', profiles: { prod: profile } }))
const run = (command: Runnable, argv: string[], more: object = {}) =>
  runCli(command, argv, { broker, cwd: folder, ...more })
const PROD = 'prod: kafka-1:9092,kafka-2:9092 (cluster memory)'
const brokers = 'kafka-1:9092,kafka-2:9092'

test('a plan begins with the bus, and its prompt names it again', async () => {
  withProfile({ brokers })
  const { stdout, stderr } = await run(TopicsDelete, ['order-events'], { isTerminal: true, stdin: 'n\n' })
  expect(stdout).toMatch(/^BUS {2}prod: kafka-1:9092,kafka-2:9092 \(cluster memory\)\n\nTOPIC/)
  expect(stderr).toContain(`on ${PROD}\nDelete topic order-events with 0 events on memory? [y/N] `)
})

test('the prompt of a protected profile names the bus and the profile', async () => {
  withProfile({ brokers, protected: true })
  const { stdout, stderr } = await run(TopicsDelete, ['order-events'], { isTerminal: true, stdin: 'n\n' })
  expect(stdout).toContain(`BUS  ${PROD}, protected\n`)
  expect(stderr).toContain(`on ${PROD}, protected\n`)
  expect(stderr).toContain('type order-events to confirm')
})

test('the local bus without a profile is not named in a plan', async () => {
  const { stdout } = await run(TopicsDelete, ['order-events', '--dry-run'])
  expect(stdout).toMatch(/^TOPIC/)
})

test('every document names the bus, its profile, brokers and cluster', async () => {
  withProfile({ brokers, readOnly: true })
  const bus = { kind: 'memory', clusterId: 'memory', profile: 'prod', brokers, guard: 'read-only' }
  for (const [command, argv] of [
    [TopicsList, []],
    [Lag, []],
    [TopicsDelete, ['order-events', '--dry-run']],
    [CheckTopic, ['order-events', '--exists']],
  ] as [Runnable, string[]][]) {
    expect(JSON.parse((await run(command, [...argv, '--json'])).stdout)).toMatchObject({ bus })
  }
})

test('the document of a failure names the bus without a cluster, and a bus that does not answer is asked once', async () => {
  withProfile({ brokers })
  let asked = 0
  const unreachable = (): EventBus =>
    withAdmin(new InMemoryEventBus({ broker }), {
      describeCluster: async () => {
        asked += 1
        throw connectionFailed('no answer')
      },
      listTopics: async () => Promise.reject(connectionFailed('no answer')),
      listGroups: async () => Promise.reject(connectionFailed('no answer')),
    })
  const expected = { kind: 'kafka', profile: 'prod', brokers }
  const failed = await run(TopicsList, ['--json'], { openBus: unreachable })
  expect(JSON.parse(failed.stdout)).toEqual({ bus: expected, error: expect.objectContaining({ exitCode: 3 }) })
  const checked = await run(CheckLag, ['--group', 'bill*', '--max-events', '1', '--json'], { openBus: unreachable })
  expect(JSON.parse(checked.stdout)).toMatchObject({ status: 'unknown', bus: expected })
  expect(asked).toBe(0)
})
