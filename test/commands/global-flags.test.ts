import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Lag from '../../src/commands/lag.ts'
import Publish from '../../src/commands/publish.ts'
import Reset from '../../src/commands/reset.ts'
import Tail from '../../src/commands/tail.ts'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

let broker: MemoryBroker
beforeEach(async () => {
  broker = new MemoryBroker()
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}')))
  await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 1n }])
})
const run = (command: Runnable, ...argv: string[]) => runCli(command, argv, { broker })

describe('global flags', () => {
  test.each(['-eq', '-qe', '-e -q', '-e --quiet'])('tail %s prints no notices', async (flags) => {
    expect((await run(Tail, 'order-events', '-e')).stderr).toBe('1 event\n')
    const { stdout, stderr, exitCode } = await run(Tail, 'order-events', ...flags.split(' '))
    expect([stdout.includes('OrderPlaced.v1'), stderr, exitCode]).toEqual([true, '', 0])
  })

  test.each(['-qy', '-yq'])('topics delete %s asks nothing and prints no notices', async (flags) => {
    const { stdout, stderr, exitCode } = await run(TopicsDelete, 'order-events', flags)
    expect([stdout.includes('order-events'), stderr, exitCode]).toEqual([true, '', 0])
    expect(await new InMemoryEventBus({ broker }).admin.listTopics()).toEqual([])
  })

  test('global flags are not read after --', async () => {
    const { stdout, stderr, exitCode } = await run(Tail, '-e', '--', 'order-events', '--json')
    expect([exitCode, stdout]).toEqual([4, ''])
    expect(stderr).toContain("'--json'")
  })

  test('--json applies to a command line that does not parse', async () => {
    const { stdout, stderr, exitCode } = await run(Lag, '--json', '--interval')
    expect([exitCode, stderr]).toEqual([2, ''])
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'CRBUS_USAGE', exitCode: 2 })
  })
})

describe('the configuration', () => {
  const publish = ['order-events', '--type', 'OrderPlaced.v1', '--data', '{}']
  const reset = ['--group', 'billing', '--topic', 'order-events', '--to', 'start', '--yes']

  test.each<readonly [string, Runnable, string[]]>([
    ['publish', Publish, publish],
    ['tail', Tail, ['order-events', '-e']],
    ['reset', Reset, reset],
  ])('the configuration is resolved once by %s', async (_, command, argv) => {
    let count = 0
    const cwd = mkdtempSync(join(tmpdir(), 'crbus-flags-'))
    writeFileSync(join(cwd, 'crbus.json'), '{"profile": "a", "profiles": {"a": {"brokers": "kafka-1:9092"}}}')
    const onConfig = () => {
      count += 1
    }
    const { exitCode, stderr } = await runCli(command, argv, { broker, cwd, undoFolder: join(cwd, 'undo'), onConfig })
    expect([exitCode, count], stderr).toEqual([0, 1])
  })
})
