import { expect, test } from 'vitest'
import { AppendError } from '../../../src/bus/errors.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import { busHints } from '../../../src/bus/hints.ts'
import type { NewRecord } from '../../../src/bus/record.ts'
import type { Contract } from '../bus-contract.ts'
import { badTopics, bytes, newTopic, numbered, readTopic, text, uniqueTopic } from './harness.ts'

/** In milliseconds. Recent, because a broker deletes records that are older than its retention. */
const AN_HOUR_AGO = BigInt(Date.now() - 3_600_000)

/** The partitions that librdkafka, and so the Rust services, choose for these keys: zlib's CRC-32 modulo the partition count. */
const partitionsOfKeys = [
  { key: 'OrderPlaced.v1', of3: 2, of6: 5, of12: 5 },
  { key: 'OrderCancelled.v1', of3: 0, of6: 3, of12: 9 },
  { key: 'OrderShipped.v1', of3: 2, of6: 5, of12: 5 },
  { key: 'PaymentCompleted.v1', of3: 1, of6: 4, of12: 4 },
  { key: 'PaymentFailed.v1', of3: 1, of6: 1, of12: 1 },
  { key: 'InventoryReserved.v1', of3: 1, of6: 1, of12: 1 },
  { key: 'OrderPlaced', of3: 1, of6: 4, of12: 10 },
  { key: 'Événement.v1', of3: 2, of6: 2, of12: 8 },
]

/** A topic that keeps records of any time. By default, Kafka refuses timestamps in the future and deletes old records. */
async function topicOfAnyTime(bus: EventBus): Promise<string> {
  const topic = uniqueTopic()
  const config = { 'message.timestamp.after.max.ms': String(2n ** 63n - 1n), 'retention.ms': '-1' }
  await bus.admin.createTopic(topic, { partitions: 1, config })
  return topic
}

export function appendClauses({ bus, open }: Contract): void {
  test('numbers records from offset 0 in append order', async () => {
    const topic = await newTopic(bus())

    const first = await bus().log.append(topic, [{ key: null, value: text('a') }])
    const rest = await bus().log.append(topic, [
      { key: null, value: text('b') },
      { key: text('key'), value: text('c') },
    ])

    expect([...first, ...rest].map(({ offset }) => offset)).toEqual([0n, 1n, 2n])
    expect((await readTopic(bus(), topic)).map(({ value }) => bytes(value))).toEqual(['a', 'b', 'c'].map(codes))
  })

  test('returns positions in the order of the records, across partitions', async () => {
    const topic = await newTopic(bus(), 3)
    const partitions = [2, 0, 2, 1, 0, 2]

    const positions = await bus().log.append(
      topic,
      partitions.map((partition) => ({ key: null, value: text('x'), partition })),
    )

    const offsets = [0n, 0n, 1n, 0n, 1n, 2n]
    expect(positions).toEqual(partitions.map((partition, index) => ({ topic, partition, offset: offsets[index] })))
  })

  test.each([
    { partitions: 3, column: 'of3' as const },
    { partitions: 6, column: 'of6' as const },
    { partitions: 12, column: 'of12' as const },
  ])(
    'chooses the same partition for a key as librdkafka, of $partitions partitions',
    async ({ partitions, column }) => {
      const topic = await newTopic(bus(), partitions)

      const positions = await bus().publish(
        topic,
        partitionsOfKeys.map(({ key }) => numbered(1, key)),
      )

      expect(positions.map(({ partition }) => partition)).toEqual(partitionsOfKeys.map((row) => row[column]))
    },
  )

  test('puts records with an empty key or without one on an existing partition', async () => {
    const topic = await newTopic(bus(), 2)

    const positions = await bus().log.append(topic, [
      { key: null, value: text('a') },
      { key: text(''), value: text('b') },
    ])

    for (const { partition } of positions) expect([0, 1]).toContain(partition)
  })

  test('prefers an explicit partition over the key', async () => {
    const topic = await newTopic(bus(), 3)

    const [position] = await bus().log.append(topic, [{ key: text('OrderPlaced.v1'), value: null, partition: 0 }])

    expect(position).toEqual({ topic, partition: 0, offset: 0n })
  })

  test('refuses a partition that does not exist', async () => {
    const topic = await newTopic(bus(), 2)

    await expect(bus().log.append(topic, [{ key: null, value: null, partition: 2 }])).rejects.toMatchObject({
      name: 'EventBusError',
      code: 'PUBLISH_FAILED',
    })
    expect(await readTopic(bus(), topic)).toEqual([])
  })

  test.each([
    {
      why: 'for a partition that does not exist',
      bad: { key: null, value: null, partition: 7 },
      reason: /partition 7/,
    },
    {
      why: 'with a timestamp of more than 64 bits',
      bad: { key: null, value: null, timestamp: 2n ** 63n },
      reason: /timestamp 9223372036854775808/,
    },
  ])(
    'stops at a record $why and reports its index and the positions of the earlier records',
    async ({ bad, reason }) => {
      const topic = await newTopic(bus())
      const good = (value: string) => ({ key: null, value: text(value) })

      const failed = bus().log.append(topic, [good('a'), good('b'), bad, good('c'), bad])

      await expect(failed).rejects.toBeInstanceOf(AppendError)
      await expect(failed).rejects.toMatchObject({
        name: 'EventBusError',
        code: 'PUBLISH_FAILED',
        message: expect.stringMatching(/: record 2 .* \(2 of 5 records were appended\)$/),
        isPassing: false,
        append: {
          positions: [
            { topic, partition: 0, offset: 0n },
            { topic, partition: 0, offset: 1n },
            undefined,
            undefined,
            undefined,
          ],
          refused: [{ index: 2, reason: expect.stringMatching(reason) }],
          unknown: [],
        },
      })
      expect((await readTopic(bus(), topic)).map(({ value }) => bytes(value))).toEqual(['a', 'b'].map(codes))
    },
  )

  test('publishes no event of a list if one cannot be serialized, and reports its index', async () => {
    const topic = await newTopic(bus())
    const broken = { ...numbered(1), eventVersion: 2 ** 31 }

    const failed = bus().publish(topic, [numbered(0), broken, numbered(2)])

    await expect(failed).rejects.toMatchObject({
      code: 'PUBLISH_FAILED',
      message: expect.stringContaining('record 1'),
      append: { positions: [undefined, undefined, undefined], refused: [{ index: 1 }], unknown: [] },
    })
    expect(await readTopic(bus(), topic)).toEqual([])
  })

  test('appends nothing for an empty list', async () => {
    const topic = await newTopic(bus())

    expect(await bus().log.append(topic, [])).toEqual([])
    expect(await bus().log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 0n }])
  })

  test('keeps the order of headers, repeated names, absent values and arbitrary bytes', async () => {
    const topic = await newTopic(bus())
    const headers = [
      ['b', text('1')],
      ['a', text('2')],
      ['b', text('3')],
      ['none', null],
      ['empty', text('')],
      ['binary', Uint8Array.of(0, 255, 128, 10)],
      ['größe', text('é')],
    ] as const

    await bus().log.append(topic, [{ key: null, value: text('x'), headers }])

    const [record] = await readTopic(bus(), topic)
    expect(record?.headers.map(([name, value]) => [name, bytes(value)])).toEqual(
      headers.map(([name, value]) => [name, bytes(value)]),
    )
  })

  test('distinguishes an absent key or value from an empty one', async () => {
    const topic = await newTopic(bus())
    const pairs: NewRecord[] = [
      { key: null, value: null },
      { key: text(''), value: null },
      { key: null, value: text('') },
      { key: text(''), value: text('') },
    ]

    await bus().log.append(topic, pairs)

    expect((await readTopic(bus(), topic)).map(({ key, value }) => [bytes(key), bytes(value)])).toEqual(
      pairs.map(({ key, value }) => [bytes(key), bytes(value)]),
    )
  })

  test('keeps arbitrary bytes in keys and values', async () => {
    const topic = await newTopic(bus())
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)

    await bus().log.append(topic, [{ key: all, value: all }])

    const [record] = await readTopic(bus(), topic)
    expect([bytes(record?.key), bytes(record?.value)]).toEqual([[...all], [...all]])
  })

  test('keeps given timestamps and adds the current time to records without one', async () => {
    const topic = await newTopic(bus())
    const before = BigInt(Date.now())

    await bus().log.append(topic, [
      { key: null, value: null, timestamp: AN_HOUR_AGO },
      { key: null, value: null },
      { key: null, value: null, timestamp: AN_HOUR_AGO - 1n },
    ])

    const [given, now, earlier] = (await readTopic(bus(), topic)).map(({ timestamp }) => timestamp)
    expect([given, earlier]).toEqual([AN_HOUR_AGO, AN_HOUR_AGO - 1n])
    // The broker's clock may differ a little.
    expect(Number((now ?? 0n) - before)).toBeGreaterThan(-60_000)
    expect(Number((now ?? 0n) - before)).toBeLessThan(60_000)
  })

  test.each([
    ['-1', -1n],
    ['0', 0n],
    ['before 1970', -86_400_000n],
    ['in seconds', 1_764_412_345n],
    ['in milliseconds', 1_764_412_345_678n],
    ['in microseconds', 1_764_412_345_678_901n],
    ['in nanoseconds', 1_764_412_345_678_901_234n],
    ['the first integer that a double cannot represent', 2n ** 53n + 1n],
    ['2^63 - 1', 2n ** 63n - 1n],
    ['-2^63', -(2n ** 63n)],
  ])('keeps the 64-bit timestamp %s', async (_, timestamp) => {
    const topic = await topicOfAnyTime(bus())

    await bus().log.append(topic, [{ key: null, value: null, timestamp }])

    expect((await readTopic(bus(), topic)).map((record) => record.timestamp)).toEqual([timestamp])
  })

  test('keeps 64-bit timestamps of one batch that are equal, close together and as far apart as possible', async () => {
    const topic = await topicOfAnyTime(bus())
    const nanoseconds = 1_764_412_345_678_901_234n
    const times = [5n, nanoseconds, nanoseconds, nanoseconds + 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 0n, 5n, 6n, -1n]

    await bus().log.append(
      topic,
      times.map((timestamp) => ({ key: null, value: null, timestamp })),
    )
    const [first] = await bus().log.firstRecords([{ topic, partition: 0, from: 3n, to: 4n }])

    expect((await readTopic(bus(), topic)).map(({ timestamp }) => timestamp)).toEqual(times)
    expect(first?.timestamp).toBe(nanoseconds + 1n)
  })

  test('keeps the records when the sender reuses its buffers', async () => {
    const topic = await newTopic(bus())
    const buffer = text('first')

    await bus().log.append(topic, [{ key: buffer, value: buffer, headers: [['h', buffer]] }])
    buffer.fill(0)

    const [record] = await readTopic(bus(), topic)
    expect([bytes(record?.key), bytes(record?.value), bytes(record?.headers[0]?.[1])]).toEqual(
      Array(3).fill(codes('first')),
    )
  })

  // Kafka's default limit is 1,048,588 bytes for a batch with its overhead. 900,000 bytes fit in any case.
  test('carries a value of 900,000 bytes', async () => {
    const topic = await newTopic(bus())
    const value = Uint8Array.from({ length: 900_000 }, (_, index) => (index * 31) % 251)

    await bus().log.append(topic, [{ key: null, value }])

    const [record] = await readTopic(bus(), topic)
    expect(Buffer.compare(record?.value ?? new Uint8Array(), value)).toBe(0)
  })

  test('appends 10,000 records in one call, in order', async () => {
    const topic = await newTopic(bus())
    const records = Array.from({ length: 10_000 }, (_, index) => ({ key: null, value: text(String(index)) }))

    const positions = await bus().log.append(topic, records)

    expect(positions.map(({ offset }) => Number(offset))).toEqual(records.map((_, index) => index))
    const values = (await readTopic(bus(), topic)).map(({ value }) => Number(Buffer.from(value ?? []).toString()))
    expect(values).toEqual(records.map((_, index) => index))
  })

  test('lets another connection read appended records', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, [{ key: null, value: text('here') }])

    const other = await open()

    expect((await readTopic(other, topic)).map(({ value }) => bytes(value))).toEqual([codes('here')])
  })

  test('refuses to publish to a missing topic, suggests similar topics and creates no topic', async () => {
    const similar = uniqueTopic()
    await bus().admin.createTopic(similar)
    const missing = similar.replace(/events$/, 'event')

    await expect(bus().publish(missing, numbered(1))).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      topic: missing,
      hints: expect.arrayContaining([busHints.similarNames('topic', [similar]), busHints.createTopic(missing)]),
    })
    expect((await bus().admin.listTopics()).map(({ topic }) => topic)).not.toContain(missing)
  })

  test.each(badTopics)('refuses to publish to a topic whose name is $called', async ({ topic }) => {
    await expect(bus().publish(topic, numbered(1))).rejects.toMatchObject({ code: 'INVALID_TOPIC', topic })
  })
}

const codes = (value: string): number[] => [...text(value)]
