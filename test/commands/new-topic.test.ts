import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import NewTopic from '../../src/commands/new/topic.ts'
import Publish from '../../src/commands/publish.ts'
import Tail from '../../src/commands/tail.ts'
import TopicsApply from '../../src/commands/topics/apply.ts'
import { bus, config, createShop, folder, read, run, shop } from './new-shop.ts'

beforeEach(createShop)

describe('new topic', () => {
  const declared = () => config().topics['order-commands']
  const declare = (...flags: string[]) => run(NewTopic, ['order-commands', ...flags])

  test('declares the codec, envelope and key that publish uses', async () => {
    const made = await declare('--codec', 'json', '--envelope', 'cbor', '--key', 'aggregate', '--id', 'order_id')
    expect(made.exitCode, made.stderr).toBe(0)
    expect(declared()).toEqual({ partitions: 3, codec: 'json', envelope: 'cbor', key: 'aggregate', id: 'order_id' })

    await run(TopicsApply, ['--yes'])
    const data = '{"order_id":"o-1"}'
    const published = await run(Publish, ['order-commands', '--type', 'PlaceOrder.v1', '--data', data])
    expect(published.exitCode, published.stderr).toBe(0)
    const { stdout } = await run(Tail, ['order-commands', '--from', 'start', '--no-follow', '-o', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ key: 'o-1', envelope: 'cbor', codec: 'json', data: { order_id: 'o-1' } })
  })

  test('keys records by the aggregate with --id alone, and by event type with --key type', async () => {
    await declare('--id', 'order_id')
    expect(declared()).toEqual({ partitions: 3, key: 'aggregate', id: 'order_id' })
    await run(NewTopic, ['order-events', '--key', 'type'])
    expect(config().topics['order-events']).toEqual({ partitions: 3, key: 'type' })
  })

  test('keeps the settings of a declared topic and adds missing ones', async () => {
    await declare('--partitions', '6', '--codec', 'cbor')
    await declare('--codec', 'json', '--id', 'order_id')
    expect(declared()).toEqual({ partitions: 6, codec: 'cbor', key: 'aggregate', id: 'order_id' })
  })

  test.each([
    [['--key', 'aggregate'], '--key aggregate needs --id'],
    [['--key', 'type', '--id', 'order_id'], '--key type uses the event type as the record key'],
    [['--codec', 'rust'], '--codec rust is not one of cbor, json, msgpack, bincode'],
    [['--id', ''], '--id is empty'],
  ])('refuses %j and does not change crbus.json', async (flags, reason) => {
    const before = read('crbus.json')
    const { exitCode, stderr } = await declare(...flags)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
    expect(read('crbus.json')).toBe(before)
  })

  test('refuses another codec than bincode for a topic with a schema', async () => {
    writeFileSync(join(shop, 'crbus.json'), '{"topics":{"order-commands":{"schema":"orders.json"}}}')
    const { exitCode, stderr } = await declare('--codec', 'json')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("topic 'order-commands' has a schema in ")])
    expect(declared()).toEqual({ schema: 'orders.json' })
  })
})

describe('declared topics', () => {
  test('declared topics are created and changed by topics apply, but never shrunk or deleted', async () => {
    await bus.admin.createTopic('other-events', { partitions: 1 })
    await bus.admin.createTopic('wide-events', { partitions: 4 })
    await run(NewTopic, ['order-events', '--partitions', '2', '--retention', '7d'])
    await run(NewTopic, ['wide-events', '--partitions', '2'])
    const planned = await run(TopicsApply, ['--dry-run', '--json'])
    expect(JSON.parse(planned.stdout)).toMatchObject({
      create: [{ topic: 'order-events', partitionCount: 2, retention: 604_800_000 }],
      same: ['wide-events'],
      notes: [
        {
          ...{ topic: 'wide-events', code: 'fewer-partitions-declared', partitionCount: 4, declared: 2 },
          message: 'the topic has 4 partitions, but 2 are declared; partitions cannot be removed',
        },
      ],
      applied: false,
    })
    expect((await run(TopicsApply, [])).exitCode).toBe(6)
    expect((await run(TopicsApply, ['--yes'])).stderr).toContain('created 1, changed 0')
    const changed = { 'order-events': { partitions: 5, retention: '1d' } }
    writeFileSync(join(shop, 'crbus.json'), JSON.stringify({ topics: changed }))
    const { stdout } = await run(TopicsApply, ['--yes'])
    expect(stdout).toContain('partitions 2 → 5, retention 7d → 1d')
    const { partitions, config: settings } = await bus.admin.describeTopic('order-events')
    expect([partitions, settings.get('retention.ms')]).toEqual([5, '86400000'])
    expect((await bus.admin.listTopics()).map(({ topic }) => topic)).toContain('other-events')
    expect((await run(TopicsApply, [])).stdout).toContain('as-declared')
  })

  test('declared topics are required by topics apply', async () => {
    const { exitCode, stderr } = await run(TopicsApply, [], { cwd: folder })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('there is no crbus.json here or above')])
  })

  test.each([
    [['order events'], 6],
    [['order-events', '--retention', 'long'], 2],
    [[], 2],
  ])('declared topics are refused by new topic %j', async (argv, code) => {
    expect((await run(NewTopic, argv)).exitCode).toBe(code)
  })
})
