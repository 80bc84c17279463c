import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { encodeEnvelope } from '../../src/codecs/envelope.ts'
import TopicsCreate from '../../src/commands/topics/create.ts'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import TopicsDescribe from '../../src/commands/topics/describe.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { runCli } from './run-cli.ts'

describe('topics', () => {
  let broker: MemoryBroker
  beforeEach(async () => {
    broker = new MemoryBroker()
    await runCli(TopicsCreate, ['order-events', '--partitions', '2', '--config', 'retention.ms=1000'], { broker })
  })

  test('topics are listed as a table and as JSON', async () => {
    const { stdout } = await runCli(TopicsList, [], { broker })
    expect(stdout).toMatch(/^TOPIC\s+PARTITIONS\s+REPLICAS\s+EVENTS\norder-events\s+2\s+1\s+0\n$/)
    const json = await runCli(TopicsList, ['--json'], { broker })
    expect(JSON.parse(json.stdout)).toEqual({
      topics: [{ topic: 'order-events', partitionCount: 2, replication: 1, eventCount: 0, counts: 'records' }],
      bus: { kind: 'memory', clusterId: 'memory' },
    })
  })

  test('topics are described with their settings', async () => {
    const { stdout } = await runCli(TopicsDescribe, ['order-events'], { broker })
    expect(stdout).toContain('retention.ms  1000')
  })

  test.each([
    [
      'event types are the keys',
      [0],
      ': by default the key is the event type, so all events of a type go to the same partition; the only event type seen is in one partition',
    ],
    ['an event type has several partitions', [0, 1], ''],
  ])('topics are described with a warning when partitions are empty and %s', async (_, partitions, why) => {
    await runCli(TopicsCreate, ['payment-events'], { broker })
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    const value = encodeEnvelope(serializedEvent('PaymentTaken.v1', Buffer.from('{}')), 'bincode')
    const events = partitions.map((partition) => ({ key: null, value: value.ok ? value.bytes : null, partition }))
    await bus.log.append('payment-events', [...events, { key: null, value: null, partition: 0 }])
    await bus.close()
    const empty = partitions.length === 1 ? '2 of 3 partitions are empty' : '1 of 3 partitions is empty'

    const { stdout } = await runCli(TopicsDescribe, ['payment-events', '--json'], { broker })

    expect(JSON.parse(stdout).warnings).toEqual([
      {
        code: 'empty-partitions',
        empty: 3 - partitions.length,
        partitionCount: 3,
        ...(partitions.length === 1 ? { typesInOnePartition: 1 } : {}),
        message: empty + why,
      },
    ])
  })

  test('topics are created with a warning when the name breaks the convention', async () => {
    const { stdout, stderr } = await runCli(TopicsCreate, ['Orders'], { broker })
    expect(stdout).toMatch(/^TOPIC +PARTITIONS +REPLICAS\nOrders +3 +-\n$/)
    expect(stderr).toContain('{aggregate}-events')
    expect(stderr).toContain('created Orders\n')
  })

  test('topics are not listed on a bus without topics, and a notice says how to create one', async () => {
    const { stdout, stderr } = await runCli(TopicsList, [], { broker: new MemoryBroker() })
    expect(stdout).toBe('')
    expect(stderr).toBe('no topics yet; "crbus topics create" creates one\n')
  })

  test('topics are refused when they exist, have an invalid name or an invalid setting', async () => {
    expect(await runCli(TopicsCreate, ['order-events'], { broker })).toMatchObject({ exitCode: 6 })
    expect(await runCli(TopicsCreate, ['no spaces'], { broker })).toMatchObject({ exitCode: 6 })
    expect(await runCli(TopicsCreate, ['x-events', '--config', 'novalue'], { broker })).toMatchObject({ exitCode: 2 })
  })

  test.each([
    ['neither a terminal nor --yes', [], 6, true],
    ['a dry run', ['--dry-run'], 0, true],
    ['--yes', ['--yes'], 0, false],
  ])('topics are deleted only with --yes: %s', async (_, flags, exitCode, isLeft) => {
    const result = await runCli(TopicsDelete, ['order-events', ...flags], { broker })
    expect(result.exitCode).toBe(exitCode)
    expect(result.stdout).toContain('EVENTS-LOST')
    expect(broker.topics.has('order-events')).toBe(isLeft)
  })

  test('topics are reported missing as a JSON error with --json', async () => {
    const { stdout, exitCode } = await runCli(TopicsDescribe, ['nope', '--json'], { broker })
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'CRBUS_TOPIC_NOT_FOUND', exitCode: 4 })
    expect(exitCode).toBe(4)
  })
})
