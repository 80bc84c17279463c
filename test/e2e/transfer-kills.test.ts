import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { uniqueTopic } from '../contract/support/harness.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const brokers = inject('kafkaBrokers')
const RECORDS = 200_000
const PARTITIONS = 3

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-transfer-kills-'))
  return () => rmSync(folder, { recursive: true })
})

const environment = () => ({
  ...process.env,
  ...{ HOME: folder, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder },
  ...{ CRBUS_BROKERS: '', REDPANDA_BROKERS: '', CRBUS_DATA_DIR: '' },
})

/** Runs a command. As soon as `when` is true, kills it. Resolves with whether it was killed before it ended. */
async function run(argv: readonly string[], when?: () => Promise<boolean>): Promise<boolean> {
  const child = spawn(process.execPath, [bin, ...argv], { cwd: folder, env: environment(), stdio: 'ignore' })
  const exit = once(child, 'exit')
  while (when !== undefined && child.exitCode === null && !(await when())) await wait(1)
  if (when !== undefined) child.kill('SIGKILL')
  const [code, signal] = await exit
  if (signal === null) expect(code, argv.join(' ')).toBe(0)
  return signal === 'SIGKILL'
}

/** The values of a topic by partition, in order. */
async function valuesOf(bus: EventBus, topic: string): Promise<readonly (readonly string[])[]> {
  const values: string[][] = Array.from({ length: PARTITIONS }, () => [])
  const slices = (await bus.log.ranges(topic)).map(({ partition, start, end }) => {
    return { topic, partition, from: start, to: end }
  })
  for await (const batch of bus.log.read(slices)) {
    for (const { partition, value } of batch) values[partition]?.push(Buffer.from(value ?? []).toString())
  }
  return values
}

const buses = [
  {
    kind: 'an embedded bus',
    open: (): EventBus => new EmbeddedEventBus({ path: join(folder, 'bus.db'), createTopics: true }),
    flags: () => ['--data-dir', folder],
    isHere: true,
  },
  {
    kind: 'Kafka',
    open: (): EventBus => new RedpandaEventBus({ brokers }),
    flags: () => ['-b', brokers],
    isHere: brokers !== '',
  },
]

describe.each(buses.filter(({ isHere }) => isHere))('on $kind', ({ open, flags }) => {
  test('an export that is killed and resumed, and an import, a replay and a copy that are killed and run again, transfer each record once', {
    timeout: 300_000,
  }, async () => {
    await using bus = open()
    const topic = uniqueTopic()
    await bus.admin.createTopic(topic, { partitions: PARTITIONS })
    for (let at = 0; at < RECORDS; at += 20_000) {
      const records = Array.from({ length: 20_000 }, (_, index) => {
        const value = Buffer.from(`{"id":${at + index},"hash":"${Math.imul(at + index, 2_654_435_761)}"}`)
        return { key: null, value, partition: index % PARTITIONS }
      })
      await bus.log.append(topic, records)
    }
    const expected = await valuesOf(bus, topic)
    const file = join(folder, `${topic}.crbus`)
    const exporting = ['export', topic, '--file', file, ...flags()]
    if (await run(exporting, async () => existsSync(file) && statSync(file).size > 100_000)) {
      await run([...exporting, '--resume'])
    }
    const commands: readonly (readonly [string, (target: string) => readonly string[]])[] = [
      ['import', (target) => ['import', file, '--topic', target]],
      ['replay', (target) => ['replay', topic, '--to-topic', target]],
      ['copy', (target) => ['copy', topic, target]],
    ]
    for (const [name, argv] of commands) {
      const target = uniqueTopic()
      await bus.admin.createTopic(target, { partitions: PARTITIONS })
      let kills = 0
      // Each time, kills the command after it has appended something.
      for (let isKilled = true; isKilled && kills < 3; kills += isKilled ? 1 : 0) {
        const before = await total(bus, target)
        isKilled = await run([...argv(target), '--yes', ...flags()], async () => (await total(bus, target)) > before)
      }
      expect(kills, name).toBeGreaterThan(0)
      if ((await total(bus, target)) < BigInt(RECORDS)) await run([...argv(target), '--yes', ...flags()])
      expect(await valuesOf(bus, target), name).toEqual(expected)
    }
  })
})

const total = async (bus: EventBus, topic: string): Promise<bigint> =>
  (await bus.log.ranges(topic)).reduce((sum, { end }) => sum + end, 0n)
