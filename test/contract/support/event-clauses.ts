import { expect, test } from 'vitest'
import type { SerializedEvent } from '../../../src/bus/event.ts'
import { busHints } from '../../../src/bus/hints.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import type { Contract } from '../bus-contract.ts'
import {
  bytes,
  newTopic,
  nextOffset,
  numbered,
  numberedList,
  numberOf,
  offsetOf,
  take,
  text,
  uniqueGroup,
  uniqueTopic,
} from './harness.ts'

export function eventClauses({ bus, open }: Contract): void {
  const earliest = () => ({ group: uniqueGroup(), autoOffsetReset: 'earliest' }) as const

  test('delivers a published event with its position, key and headers', async () => {
    const topic = await newTopic(bus())
    const event: SerializedEvent = {
      eventType: 'OrderPlaced.v2',
      eventVersion: 2,
      data: Uint8Array.of(1, 2, 3),
      metadata: null,
    }

    const positions = await bus().publish(topic, event)
    const [received] = await take(await bus().subscribe([topic], earliest()), 1)

    expect(positions).toEqual([{ topic, partition: 0, offset: 0n }])
    if (!received?.ok) throw new Error('the event was not decoded')
    expect(received.event).toMatchObject({ eventType: 'OrderPlaced.v2', eventVersion: 2, metadata: null })
    expect(bytes(received.event.data)).toEqual([1, 2, 3])
    expect(received.record).toMatchObject({ topic, partition: 0, offset: 0n, headers: [] })
    expect(bytes(received.record.key)).toEqual([...text('OrderPlaced.v2')])
  })

  test('delivers an event published after the subscription', async () => {
    const topic = await newTopic(bus())
    const stream = await bus().subscribe([topic], earliest())

    const waiting = stream.next()
    await (await open()).publish(topic, numbered(7))

    const { value } = await waiting
    expect(value && numberOf(value)).toBe(7)
  })

  test('keeps events of one type in publish order across publishers and batch sizes', async () => {
    const topic = await newTopic(bus(), 3)
    const other = await open()
    await bus().publish(topic, numberedList(20))
    await other.publish(topic, [numbered(20), numbered(21)])
    await bus().publish(topic, numbered(22))

    const received = await take(await bus().subscribe([topic], earliest()), 23)

    expect(received.map(numberOf)).toEqual(Array.from({ length: 23 }, (_, number) => number))
    expect(new Set(received.map(({ record }) => record.partition)).size).toBe(1)
  })

  test('writes the key option of publish as UTF-8, or the event type without one', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numbered(0), { key: 'é 1' })
    await bus().publish(topic, [numbered(1), numbered(2)], { key: 'o-1' })
    await bus().publish(topic, numberedList(5).slice(3), {
      key: ({ data }, index) => (index === 0 ? `o-${data[0]}` : undefined),
    })

    const received = await take(await bus().subscribe([topic], earliest()), 5)

    const keys = received.map(({ record }) => record.key && Buffer.from(record.key).toString())
    expect(keys).toEqual(['é 1', 'o-1', 'o-1', 'o-3', 'OrderPlaced.v1'])
  })

  test('keeps events of one key in publish order across event types', async () => {
    const topic = await newTopic(bus(), 3)
    const types = ['OrderPlaced.v1', 'OrderCancelled.v1', 'OrderShipped.v1', 'OrderRefunded.v1']
    const events = Array.from({ length: 40 }, (_, number) => numbered(number, types[number % types.length]))
    await bus().publish(topic, events, { key: (_, index) => `o-${index % 5}` })

    const received = await take(await bus().subscribe([topic], earliest()), events.length)

    for (let order = 0; order < 5; order += 1) {
      const own = received.filter((item) => (numberOf(item) as number) % 5 === order)
      expect(own.map(numberOf)).toEqual(Array.from({ length: 8 }, (_, number) => number * 5 + order))
      expect(new Set(own.map(({ record }) => record.partition)).size).toBe(1)
    }
  })

  test.each([
    ['', 'the key is empty'],
    ['\ud800', 'the key contains a lone surrogate, which UTF-8 cannot encode'],
    [7 as never, 'the key must be a string, not number'],
    [null as never, 'the key must be a string, not null'],
  ])('refuses the key %j and publishes no event of the list', async (key, reason) => {
    const topic = await newTopic(bus())

    const published = bus().publish(topic, numberedList(2), { key: (_, index) => (index === 1 ? key : 'o-1') })

    await expect(published).rejects.toMatchObject({
      code: 'PUBLISH_FAILED',
      topic,
      message: expect.stringContaining(`record 1: ${reason}`),
      append: { refused: [{ index: 1, reason }] },
    })
    expect(await bus().log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 0n }])
  })

  test('publishes nothing and creates no topic for an empty list', async () => {
    const topic = uniqueTopic()

    expect(await bus().publish(topic, [])).toEqual([])
    expect((await bus().admin.listTopics()).map((one) => one.topic)).not.toContain(topic)
  })

  test('delivers only events published after the subscription with autoOffsetReset latest', async () => {
    const topic = await newTopic(bus(), 2)
    await bus().publish(topic, numberedList(3))

    const stream = await bus().subscribe([topic], { group: uniqueGroup(), autoOffsetReset: 'latest' })
    await (await open()).publish(topic, [numbered(3), numbered(4)])

    expect((await take(stream, 2)).map(numberOf)).toEqual([3, 4])
  })

  test('subscribes to several topics and ignores duplicate names', async () => {
    const topics = [await newTopic(bus()), await newTopic(bus(), 2)] as const
    await bus().publish(topics[0], [numbered(0), numbered(1)])
    await bus().publish(topics[1], [numbered(2), numbered(3)])

    const stream = await bus().subscribe([...topics, topics[0]], earliest())
    const received = await take(stream, 4)

    const ofTopic = (wanted: string) => received.filter(({ record }) => record.topic === wanted).map(numberOf)
    expect([ofTopic(topics[0]), ofTopic(topics[1])]).toEqual([
      [0, 1],
      [2, 3],
    ])
    const more = stream.next()
    await bus().publish(topics[0], numbered(9))
    const { value } = await more
    expect(value && numberOf(value)).toBe(9)
  })

  test('does not deliver events of other topics', async () => {
    const [here, elsewhere] = [await newTopic(bus()), await newTopic(bus())]
    await bus().publish(elsewhere, numbered(1))
    await bus().publish(here, numbered(2))
    await bus().publish(elsewhere, numbered(3))
    await bus().publish(here, numbered(4))

    const received = await take(await bus().subscribe([here], earliest()), 2)

    expect(received.map(numberOf)).toEqual([2, 4])
  })

  test('carries metadata with all fields, some fields or none', async () => {
    const topic = await newTopic(bus())
    const full = { correlationId: 'c-1', causationId: 'c-0', userId: 'é', timestamp: '2025-11-21T07:26:20Z' }
    const all = [full, { correlationId: 'only' }, {}, null]
    await bus().publish(
      topic,
      all.map((metadata) => ({ ...numbered(1), metadata })),
    )

    const received = await take(await bus().subscribe([topic], earliest()), all.length)

    expect(received.map((item) => item.ok && item.event.metadata)).toEqual(all)
  })

  test('carries a saga_id and other free-form metadata in a header and keeps the bincode envelope that Rust reads', async () => {
    const topic = await newTopic(bus())
    const known = { correlationId: 'c-1', userId: 'u-1' }
    const extra = { saga_id: 's-1', attempt: 2, tags: ['a', null], large: 2n ** 60n }
    const events = [{ ...known, extra }, known, { extra: { saga_id: 's-2' } }].map((metadata) => ({
      ...numbered(1),
      metadata,
    }))
    await bus().publish(topic, events)

    const received = await take(await bus().subscribe([topic], earliest()), events.length)

    expect(received.map((item) => item.ok && item.event.metadata)).toEqual(events.map(({ metadata }) => metadata))
    const [first, second] = received
    // A reader that ignores headers, as Rust services do, reads the same event without the extra fields.
    expect(first?.record.value).toEqual(second?.record.value)
    expect(first?.record.headers.map(([name]) => name)).toEqual(['crbus-extra'])
    expect(second?.record.headers).toEqual([])
  })

  test('carries the trace of an event in the W3C headers and does not change the envelope', async () => {
    const topic = await newTopic(bus())
    const trace = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'congo=t61rcWkgMzE',
    }
    const invalid = { traceparent: 'invalid' }
    const extra = { saga_id: 's-1', traceparent: 'of its own' }
    const all: readonly Pick<SerializedEvent, 'metadata' | 'trace'>[] = [
      { metadata: null, trace },
      { metadata: null },
      { metadata: { correlationId: 'c-1' }, trace },
      { metadata: { correlationId: 'c-1' }, trace: invalid },
      { metadata: { correlationId: 'c-1', extra }, trace: { traceparent: trace.traceparent } },
    ]
    const events = all.map((one) => ({ ...numbered(1), ...one }))
    await bus().publish(topic, events)

    const received = await take(await bus().subscribe([topic], earliest()), all.length)

    const read = received.map((item) => item.ok && { metadata: item.event.metadata, trace: item.event.trace })
    expect(read).toEqual(all.map((one) => (one.trace === invalid ? { metadata: one.metadata } : one)))
    expect(received.map((item) => item.ok && messageId(item.event))).toEqual(events.map(messageId))
    const headers = received.map(({ record }) =>
      Object.fromEntries(record.headers.map(([name, value]) => [name, `${value && Buffer.from(value)}`])),
    )
    expect(headers).toEqual([
      trace,
      {},
      trace,
      {},
      { traceparent: trace.traceparent, 'crbus-extra': JSON.stringify(extra) },
    ])
    const [untraced, traced, ...values] = received.map(
      ({ record }) => record.value && Buffer.from(record.value).toString('hex'),
    )
    expect(untraced).toBe(traced)
    expect(new Set(values).size).toBe(1)
  })

  test('refuses free-form metadata that cannot be encoded and publishes no event of the list', async () => {
    const topic = await newTopic(bus())
    const circle: Record<string, unknown> = {}
    circle.itself = circle
    const large = { note: 'x'.repeat(64 * 1024) }

    for (const extra of [circle, large, { user_id: 'twice' }]) {
      const free = { ...numbered(1), metadata: { userId: 'u', extra } }
      await expect(bus().publish(topic, [numbered(0), free])).rejects.toMatchObject({
        code: 'PUBLISH_FAILED',
        topic,
        reason: expect.stringMatching(/^record 1: Failed to serialize event: /),
      })
    }
    expect(await bus().log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 0n }])
  })

  test.each(['no JSON', '[1]', '"text"', 'null', '{"correlation_id":"other","event_type":7}', 'x'.repeat(70_000)])(
    'ignores an invalid crbus-extra header of another program: %.20s',
    async (text_) => {
      const topic = await newTopic(bus())
      const encoded = encodeEnvelope({ ...numbered(1), metadata: { correlationId: 'c-1' } }, 'bincode')
      if (!encoded.ok) throw new Error(encoded.reason)
      const headers = [['crbus-extra', text(text_)]] as const
      await bus().log.append(topic, [{ key: text('k'), value: encoded.bytes, headers }])

      const [received] = await take(await bus().subscribe([topic], earliest()), 1)

      expect(received?.ok && received.event.metadata).toMatchObject({ correlationId: 'c-1' })
    },
  )

  test('carries free-form metadata in a CBOR envelope to a reader configured for bincode', async () => {
    const topic = await newTopic(bus())
    const cbor = await open({ envelope: 'cbor' })
    const metadata = { correlationId: 'c-1', extra: { saga_id: 's-1', attempt: 2 } }
    await cbor.publish(topic, { ...numbered(1), metadata })
    await bus().publish(topic, numbered(2))

    const received = await take(await bus().subscribe([topic], earliest()), 2)

    expect(received.map((item) => item.ok && item.event.metadata)).toEqual([metadata, null])
    expect(received.map(numberOf)).toEqual([1, 2])
  })

  test('delivers an undecodable record as an error and continues', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numbered(0))
    await bus().log.append(topic, [
      { key: text('k'), value: text('no envelope'), headers: [['h', text('v')]] },
      { key: text('gone'), value: null },
    ])
    await bus().publish(topic, numbered(3))

    const [first, broken, tombstone, last] = await take(await bus().subscribe([topic], earliest()), 4)

    expect([first?.ok, last?.ok]).toEqual([true, true])
    if (!broken || !tombstone || broken.ok || tombstone.ok)
      throw new Error('a record that cannot be decoded was decoded')
    expect(broken.error).toMatchObject({ name: 'EventBusError', code: 'DESERIALIZATION_FAILED', topic })
    expect(broken.error.message).toMatch(/^Deserialization failed: Failed to deserialize event: /)
    expect(broken.record).toMatchObject({ topic, partition: 0, offset: 1n })
    expect(bytes(broken.record.value)).toEqual([...text('no envelope')])
    expect(bytes(broken.record.headers[0]?.[1])).toEqual([...text('v')])
    expect(tombstone.error.message).toBe('Deserialization failed: Message has no payload')
    expect(tombstone.record).toMatchObject({ offset: 2n, value: null })
  })

  test('does not commit an undecodable record before the subscriber requests the next event', async () => {
    const topic = await newTopic(bus())
    const options = earliest()
    await bus().log.append(topic, [{ key: null, value: text('no envelope') }])
    await bus().publish(topic, numbered(1))

    const stream = await bus().subscribe([topic], options)
    await take(stream, 1)
    await stream.close()
    expect(await nextOffset(bus(), options.group, topic)).toBe(0n)

    const again = await bus().subscribe([topic], options)
    expect((await take(again, 2)).map(({ ok }) => ok)).toEqual([false, true])
    await again.close()
    expect(await nextOffset(bus(), options.group, topic)).toBe(1n)
  })

  test('resolves concurrent calls of next in order', async () => {
    const topic = await newTopic(bus())
    const stream = await bus().subscribe([topic], earliest())
    const asked = [stream.next(), stream.next(), stream.next()]

    await bus().publish(topic, numberedList(3))

    expect((await Promise.all(asked)).map(({ value }) => value && offsetOf(value))).toEqual([0n, 1n, 2n])
  })

  test('ends a waiting subscriber when its stream is closed, and every later call of next', async () => {
    const topic = await newTopic(bus())
    const stream = await bus().subscribe([topic], earliest())
    const waiting = [stream.next(), stream.next()]

    await stream.close()
    await stream.close()

    const done = { done: true, value: undefined }
    expect(await Promise.all(waiting)).toEqual([done, done])
    expect(await stream.next()).toEqual(done)
  })

  test('ends a waiting subscriber when its signal aborts', async () => {
    const topic = await newTopic(bus())
    const controller = new AbortController()
    const stream = await bus().subscribe([topic], { ...earliest(), signal: controller.signal })
    const waiting = stream.next()

    controller.abort()

    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  test('ends at once if the signal was aborted before the subscription', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numbered(1))

    const stream = await bus().subscribe([topic], { ...earliest(), signal: AbortSignal.abort() })

    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('ends every subscriber when the bus is closed', async () => {
    const topics = [await newTopic(bus()), await newTopic(bus())]
    const other = await open()
    const streams = await Promise.all(topics.map((topic) => other.subscribe([topic], earliest())))
    const waiting = streams.map((stream) => stream.next())

    await other.close()
    await other.close()

    const done = { done: true, value: undefined }
    expect(await Promise.all(waiting)).toEqual([done, done])
  })

  test('ends the stream when a for await loop is left', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(3))
    const stream = await bus().subscribe([topic], earliest())

    for await (const _ of stream) break

    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('refuses a subscription without topics, with an invalid topic name, an invalid buffer size or an empty group name', async () => {
    const topic = await newTopic(bus())
    const refused = { code: 'SUBSCRIPTION_FAILED' }

    await expect(bus().subscribe([])).rejects.toMatchObject({ ...refused, topics: [] })
    await expect(bus().subscribe([topic, 'a b'])).rejects.toMatchObject({ ...refused, topics: [topic, 'a b'] })
    for (const bufferSize of [0, -1, 1.5, Number.NaN]) {
      await expect(bus().subscribe([topic], { bufferSize })).rejects.toMatchObject(refused)
    }
    await expect(bus().subscribe([topic], { group: '' })).rejects.toMatchObject(refused)
  })

  test('refuses to subscribe to a missing topic, suggests similar topics and creates no topic', async () => {
    const similar = uniqueTopic()
    await bus().admin.createTopic(similar)
    const missing = similar.replace(/events$/, 'event')

    await expect(bus().subscribe([missing], earliest())).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      topic: missing,
      hints: expect.arrayContaining([busHints.similarNames('topic', [similar]), busHints.createTopic(missing)]),
    })
    await expect(bus().subscribe([similar, missing], earliest())).rejects.toMatchObject({ topic: missing })
    expect((await bus().admin.listTopics()).map(({ topic }) => topic)).not.toContain(missing)
  })

  test('refuses to publish and to subscribe after close', async () => {
    const topic = await newTopic(bus())
    const other = await open()
    await other.close()

    await expect(other.publish(topic, numbered(1))).rejects.toMatchObject({ code: 'PUBLISH_FAILED', topic })
    await expect(other.subscribe([topic])).rejects.toMatchObject({ code: 'SUBSCRIPTION_FAILED', topics: [topic] })
  })

  test.each([1, 3, 1000])('delivers all events in order with a buffer size of %i', async (bufferSize) => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(10))

    const received = await take(await bus().subscribe([topic], { ...earliest(), bufferSize }), 10)

    expect(received.map(offsetOf)).toEqual(Array.from({ length: 10 }, (_, offset) => BigInt(offset)))
  })
}
