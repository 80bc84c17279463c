import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EventMetadata, type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { named, nameOf, plain, range, type StoreContract } from './store-harness.ts'

export function eventClauses({ store }: StoreContract): void {
  const roundTrip = async (...events: SerializedEvent[]): Promise<SerializedEvent[]> => {
    await store().append('order-1', 'any', events)
    return (await store().readStream('order-1')).map(({ event }) => event)
  }

  test('events are read with stream id, version and time', async () => {
    const before = Date.now()
    await store().append('order-1', 0, [named('a'), named('b')])
    const stream = await store().readStream('order-1')
    expect(stream.map(({ streamId }) => streamId)).toEqual(['order-1', 'order-1'])
    for (const { createdAt } of stream) {
      // The store's clock may be that of another machine.
      expect(Math.abs(createdAt.getTime() - before)).toBeLessThan(60_000)
    }
  })

  test.each<{ what: string; metadata: EventMetadata | null }>([
    { what: 'none', metadata: null },
    { what: 'an empty object', metadata: {} },
    {
      what: 'all fields of Rust',
      metadata: { correlationId: 'c', causationId: 'b', userId: 'u', timestamp: '2026-11-24T10:00:00.123456789Z' },
    },
    { what: 'empty texts', metadata: { correlationId: '', userId: '' } },
    { what: 'one field', metadata: { causationId: 'b' } },
    {
      what: 'extras',
      metadata: {
        correlationId: 'c',
        extra: { saga_id: 's-1', nothing: null, list: [1, null, { a: [] }], nested: { ä: { '': true } }, half: 0.5 },
      },
    },
    { what: 'only extras', metadata: { extra: { position: { topic: 'x-events', partition: 3, offset: 7 } } } },
    { what: 'an extra with the name of a field', metadata: { extra: { timestamp: 1_700_000_000 } } },
    { what: 'integers beyond 2^53', metadata: { extra: { big: 2n ** 63n, small: -(2n ** 70n) } } },
    {
      what: 'texts of many scripts',
      metadata: { userId: 'Zoë 東京 🦀 \u{10ffff}', extra: { 'ключ "\\u0000" \\': 'עברית\n\t\u0001\u2028\uffff' } },
    },
  ])('metadata are read as written: $what', async ({ metadata }) => {
    const [event] = await roundTrip(serializedEvent('A.v1', Buffer.of(), metadata))
    expect(plain(event as SerializedEvent).metadata).toEqual(metadata)
  })

  test.each<Pick<SerializedEvent, 'metadata' | 'trace'>>([
    { metadata: null, trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } },
    { metadata: {}, trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } },
    {
      metadata: { userId: 'u', extra: { traceparent: 'of its own' } },
      trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' },
    },
    { metadata: { extra: { crbus_trace: 'no trace' } } },
  ])('a trace is read beside the metadata: %j', async (event) => {
    const [stored] = await roundTrip({ ...serializedEvent('A.v1', Buffer.of()), ...event })
    expect({ metadata: plain(stored as SerializedEvent).metadata, trace: stored?.trace }).toEqual(event)
  })

  test('an invalid trace is not stored', async () => {
    const trace = { traceparent: 'a\0b' }
    const [stored] = await roundTrip({ ...serializedEvent('A.v1', Buffer.of()), trace })
    expect(stored).not.toHaveProperty('trace')
  })

  test('metadata: a bigint within 2^53 is read as a number, bytes as base64', async () => {
    const [event] = await roundTrip(
      named('a', { extra: { offset: 7n, bytes: Buffer.from('ab'), raw: Uint8Array.of(1) } }),
    )
    expect(event?.metadata?.extra).toEqual({ offset: 7, bytes: 'YWI=', raw: 'AQ==' })
  })

  test.each([
    { what: 'no bytes', data: Buffer.alloc(0) },
    { what: 'every byte', data: Uint8Array.from(range(256)) },
    { what: 'a view on a larger buffer', data: new Uint8Array(Uint8Array.from(range(100)).buffer, 10, 20) },
    { what: 'bytes that look like SQL escapes', data: Buffer.from('\\x00\'\\000{}"') },
    { what: 'three megabytes', data: Buffer.alloc(3 * 2 ** 20, 'ab\0\xff', 'latin1') },
  ])('data are read as written: $what', async ({ data }) => {
    const [event] = await roundTrip(serializedEvent('A.v1', data))
    // Compared as a number, because a failed comparison would print megabytes.
    expect(Buffer.compare(event?.data as Uint8Array, data)).toBe(0)
  })

  test('events keep unusual event types and versions', async () => {
    const types = ['', 'InventoryInventoryInitialized { event_id: EventId', 'OrderPlaced.v2', '東京', 'a\nb', "'; --"]
    const versions = [-(2 ** 31), -1, 0, 1, 2, 2 ** 31 - 1]
    const events = types.map((eventType, index) => ({
      ...named('a'),
      eventType,
      eventVersion: versions[index] as number,
    }))
    expect((await roundTrip(...events)).map(plain)).toEqual(events.map(plain))
  })

  test('events of any content are read as they were appended', async () => {
    // Leaves out NUL, which Postgres texts cannot hold, and integers beyond 2^53, which are read as bigints.
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
    const value = fc
      .jsonValue({ maxDepth: 3 })
      .filter((json) => !/\\u0000|(?<![.\d])\d{16}|e\+/.test(JSON.stringify(json)))
    const metadata = fc.option(
      fc.record(
        {
          correlationId: text,
          causationId: text,
          userId: text,
          timestamp: text,
          extra: fc.dictionary(
            text.filter((name) => !/^(correlation_id|causation_id|user_id|timestamp|__proto__)$/.test(name)),
            value,
            { minKeys: 1 },
          ),
        },
        { requiredKeys: [] },
      ),
    )
    const event = fc.record({
      eventType: text,
      eventVersion: fc.integer(),
      data: fc.uint8Array(),
      metadata,
    })
    const arbitrary = fc.array(event, { minLength: 30, maxLength: 60 })
    let number = 0
    await fc.assert(
      fc.asyncProperty(arbitrary, async (events) => {
        number += 1
        await store().append(`any-${number}`, 0, events)
        const stored = await store().readStream(`any-${number}`)
        const asJson = (list: SerializedEvent[]) => JSON.parse(JSON.stringify(list.map(plain)))
        expect(asJson(stored.map((row) => row.event))).toEqual(asJson(events))
      }),
      { numRuns: 10 },
    )
  })

  test('a stream keeps its newest snapshot', async () => {
    const save = (version: number, text: string) =>
      store().saveSnapshot({ streamId: 'order-1', version, state: Buffer.from(text) })
    const load = async () => {
      const snapshot = await store().loadSnapshot('order-1')
      return snapshot && `${snapshot.version} ${Buffer.from(snapshot.state).toString()}`
    }
    expect(await load()).toBeUndefined()
    await save(10, 'ten')
    expect(await load()).toBe('10 ten')
    await save(20, 'twenty')
    await save(19, 'late')
    expect(await load()).toBe('20 twenty')
    await save(20, 'again')
    expect(await load()).toBe('20 again')
    const snapshot = await store().loadSnapshot('order-1')
    expect(snapshot?.streamId).toBe('order-1')
    expect(snapshot?.createdAt).toBeInstanceOf(Date)
    expect(await store().loadSnapshot('order-2')).toBeUndefined()
  })

  test('a stream keeps the newest of snapshots saved concurrently', async () => {
    const versions = range(40, 1).sort(() => Math.random() - 0.5)
    await Promise.all(
      versions.map((version) => store().saveSnapshot({ streamId: 'order-1', version, state: Buffer.of(version) })),
    )
    expect(await store().loadSnapshot('order-1')).toMatchObject({ version: 40 })
  })

  test('a snapshot may hold any bytes, also of a stream without events', async () => {
    const state = Uint8Array.from(range(256))
    await store().saveSnapshot({ streamId: 'order-1', version: 3, state })
    expect(Buffer.compare((await store().loadSnapshot('order-1'))?.state ?? Buffer.of(), state)).toBe(0)
    expect(await store().readStream('order-1')).toEqual([])
  })

  test('a stream of 20,000 events is appended and read', async () => {
    const events = range(20_000).map((number) => named(String(number)))
    expect(await store().append('order-1', 0, events)).toBe(20_000)
    expect(await store().append('order-1', 20_000, [named('last')])).toBe(20_001)
    const stream = await store().readStream('order-1')
    expect(stream).toHaveLength(20_001)
    expect(
      stream.every(
        ({ version, event }, index) =>
          version === index + 1 && nameOf(event) === (events[index] ? String(index) : 'last'),
      ),
    ).toBe(true)
  })
}
