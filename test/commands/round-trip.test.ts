import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { broker, createBroker, order, publish, tail, values } from './publish-and-tail.ts'

/** Later than the current time of tests, because tail merges by timestamp. */
const LATER = 4102444800000n

beforeEach(createBroker)

describe('tail and publish', () => {
  test('keeps --metadata beside a bincode envelope in one header, also in copied records', async () => {
    await publish([...order, '--data', '{}', '--correlation-id', 'c-1', '--metadata', 'saga_id=s-1'])
    await publish(['copy-events'], (await tail(['order-events', '-e', '-o', 'json'])).stdout)

    for (const topic of ['order-events', 'copy-events']) {
      const { stdout } = await tail([topic, '-e', '-o', '%m %h %f'])
      expect(stdout).toBe('{"correlation_id":"c-1","saga_id":"s-1"} crbus-extra={"saga_id":"s-1"} bincode-w3\n')
    }
    expect((await tail(['copy-events', '-e', '--where', 'metadata.saga_id == "s-1"', '-o', '%y'])).stdout).not.toBe('')
    expect(await values('copy-events')).toEqual(await values('order-events'))
  })

  test('prints JSON from which publish makes the same bytes', async () => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    const w2 = Buffer.from('0e000000000000004f72646572506c616365642e7631030000000000000001020300', 'hex')
    await bus.publish('order-events', [
      serializedEvent('OrderPlaced.v1', Buffer.from('{"id": 12345678901234567890}')),
      serializedEvent('Bytes', Uint8Array.of(3, 0, 0, 0, 255), { userId: 'u', timestamp: '2026-11-23T10:00:00Z' }),
      { ...serializedEvent('Text', Buffer.from('grüße')), eventVersion: -7, metadata: {} },
    ])
    await bus.log.append('order-events', [
      {
        key: Uint8Array.of(255),
        value: w2,
        headers: [
          ['h', null],
          ['h', Uint8Array.of(1)],
        ],
        timestamp: LATER,
      },
      { key: null, value: Buffer.from('no envelope'), timestamp: LATER },
      { key: Buffer.from('k'), value: null, timestamp: LATER },
    ])
    const { stdout } = await tail(['order-events', '-e', '-o', 'json'])
    const { exitCode } = await publish(['copy-events'], stdout)
    expect(exitCode).toBe(0)
    expect(await values('copy-events')).toEqual(await values('order-events'))
    const strip = (text: string) => text.replaceAll('order-events', 'copy-events')
    expect((await tail(['copy-events', '-e', '-o', 'json'])).stdout).toBe(strip(stdout))
  })

  describe('64-bit timestamps', () => {
    const times = [-1n, 0n, 1_764_412_345n, 1_764_412_345_678_901n, 1_764_412_345_678_901_234n, 2n ** 63n - 1n]
    beforeEach(async () => {
      const bus = new InMemoryEventBus({ broker, createTopics: true })
      await bus.admin.createTopic('order-events', { partitions: 1 })
      const records = times.map((timestamp) => ({ key: null, value: Buffer.from('x'), timestamp }))
      await bus.log.append('order-events', records)
    })

    test('64-bit timestamps are printed as a date, as a number with its unit, or as absent', async () => {
      const { stdout, exitCode } = await tail(['order-events', '-e', '-o', '%T %d', '--utc'])
      expect(stdout.split('\n').filter(Boolean)).toEqual([
        '-1 ',
        '0 1970-01-01T00:00:00.000Z',
        '1764412345 1970-01-21T10:06:52.345Z',
        '1764412345678901 1764412345678901ms',
        '1764412345678901234 1764412345678901234ms',
        '9223372036854775807 9223372036854775807ms',
      ])
      expect(exitCode).toBe(0)
      expect((await tail(['order-events', '-e'])).stdout).toContain(' 1764412345678901234ms order-events[0]@4 ')
    })

    test('64-bit timestamps are preserved by tail -o json and publish', async () => {
      const { stdout } = await tail(['order-events', '--from', 'start', '-e', '-o', 'json'])
      expect(stdout.split('\n').map((line) => /"timestamp":([^,]+)/.exec(line)?.[1])).toEqual([
        'null',
        '"1970-01-01T00:00:00.000Z"',
        '"1970-01-21T10:06:52.345Z"',
        '1764412345678901',
        '"1764412345678901234"',
        '"9223372036854775807"',
        undefined,
      ])
      await publish(['copy-events'], stdout)
      const copied: bigint[] = []
      const slice = { topic: 'copy-events', partition: 0, from: 0n, to: 6n }
      const bus = new InMemoryEventBus({ broker, createTopics: true })
      for await (const batch of bus.log.read([slice])) copied.push(...batch.map(({ timestamp }) => timestamp))
      expect(copied).toEqual(times)
    })

    test('beyond all dates compare as later than every date in --where', async () => {
      const where = 'timestamp > timestamp("2026-01-01T00:00:00Z")'
      const { stdout, stderr } = await tail(['order-events', '-e', '-o', '%o', '--where', where])
      expect(stdout).toBe('3\n4\n5\n')
      expect(stderr).toBe('3 events\n')
    })
  })
})
