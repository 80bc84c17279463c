import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { EventStoreError } from '../../../src/store/errors.ts'
import type { EventStore, ExpectedVersion } from '../../../src/store/event-store.ts'
import { failure, named, namesOf, range, type StoreContract } from './store-harness.ts'

export function appendClauses({ store, connections, isShared, start }: StoreContract): void {
  test('numbers versions from 1 and returns the last one', async () => {
    expect(await store().append('order-1', 0, [named('a')])).toBe(1)
    expect(await store().append('order-1', 1, [named('b'), named('c')])).toBe(3)
    expect(await store().append('order-2', 'any', [named('d'), named('e')])).toBe(2)
    expect(await store().append('order-2', 'any', [named('f')])).toBe(3)
    const stream = await store().readStream('order-1')
    expect(stream.map(({ version }) => version)).toEqual([1, 2, 3])
    expect(namesOf(stream)).toEqual(['a', 'b', 'c'])
    expect(namesOf(await store().readStream('order-2'))).toEqual(['d', 'e', 'f'])
  })

  test.each([
    { stream: 'absent', has: 0, expected: 1 },
    { stream: 'present but expected to be absent', has: 2, expected: 0 },
    { stream: 'behind the expected version', has: 2, expected: 3 },
    { stream: 'ahead of the expected version', has: 2, expected: 1 },
  ])('fails with VERSION_CONFLICT and both versions for a stream that is $stream', async ({ has, expected }) => {
    if (has > 0)
      await store().append(
        'order-1',
        0,
        range(has).map((number) => named(String(number))),
      )
    const error = await store()
      .append('order-1', expected, [named('x'), named('y')])
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(EventStoreError)
    expect(error).toMatchObject({ code: 'VERSION_CONFLICT', streamId: 'order-1', expected, actual: has })
    expect(error.message).toContain('order-1')
    expect(namesOf(await store().readStream('order-1'))).toEqual(range(has).map(String))
  })

  test.each<{ what: string; streamId?: string; expected?: ExpectedVersion; events?: ReturnType<typeof named>[] }>([
    { what: 'no events', events: [] },
    { what: 'an empty stream id', streamId: '' },
    { what: 'a stream id with a NUL', streamId: 'order-\0' },
    { what: 'a stream id with a lone surrogate', streamId: 'order-\ud800' },
    { what: 'a stream id longer than 1000 bytes', streamId: 'ä'.repeat(501) },
    { what: 'an expected version below 0', expected: -1 },
    { what: 'an expected version that is not a whole number', expected: 0.5 },
    { what: 'an expected version that is NaN', expected: Number.NaN },
    { what: 'an event type with a NUL', events: [serializedEvent('A\0', Buffer.of())] },
    { what: 'an event type longer than 1000 bytes', events: [serializedEvent('x'.repeat(1001), Buffer.of())] },
    { what: 'an event version beyond 32 bits', events: [{ ...named('a'), eventVersion: 2 ** 31 }] },
    { what: 'metadata with a NUL', events: [named('a', { userId: 'a\0' })] },
    { what: 'metadata with a lone surrogate', events: [named('a', { extra: { note: ['\udc00'] } })] },
    { what: 'metadata with a duplicate field', events: [named('a', { userId: 'a', extra: { user_id: 'b' } })] },
    { what: 'metadata with 1000 levels of nesting', events: [named('a', { extra: { deep: nested(1000) } })] },
    { what: 'an invalid second event', events: [named('a'), named('b', { userId: '\0' })] },
  ])('refuses $what and stores nothing', async ({ streamId = 'order-1', expected = 'any', events = [named('a')] }) => {
    expect(await failure(store().append(streamId, expected, events))).toBe('INVALID_APPEND')
    expect(await store().readStream('order-1')).toEqual([])
  })

  test('accepts a stream id and an event type of 1000 bytes', async () => {
    const longest = 'ä'.repeat(500)
    await store().append(longest, 0, [serializedEvent(longest, Buffer.of())])
    const [stored] = await store().readStream(longest)
    expect(stored).toMatchObject({ streamId: longest, event: { eventType: longest } })
  })

  test('lets one of two writers with the same expected version succeed, each time', async () => {
    const writers = connections(2)
    for (const expected of range(30)) {
      const tries = await Promise.allSettled(
        writers.map((writer, index) => writer.append('order-1', expected, [named(`${index}`)])),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const [lost] = tries.filter((result) => result.status === 'rejected')
      expect(lost?.reason).toMatchObject({ code: 'VERSION_CONFLICT', expected, actual: expected + 1 })
    }
    expect(await store().readStream('order-1')).toHaveLength(30)
  })

  const WRITERS = 20
  const TIMES = 10

  /** Expects every version once, and the events of each writer in the order it appended them. */
  async function expectAll(versions: readonly number[], writers = WRITERS, times = TIMES) {
    expect([...versions].sort((a, b) => a - b)).toEqual(range(writers * times, 1))
    const stream = await store().readStream('order-1')
    expect(stream.map(({ version }) => version)).toEqual(range(writers * times, 1))
    const byWriter = Map.groupBy(stream, ({ event }) => event.data[0])
    expect(byWriter.size).toBe(writers)
    for (const events of byWriter.values()) expect(events.map(({ event }) => event.data[1])).toEqual(range(times))
  }

  const numbered = (writer: number, time: number) => serializedEvent('Counted.v1', Uint8Array.of(writer, time))

  test("stores all of twenty concurrent appends with 'any'", async () => {
    const write = async (writer: EventStore, number: number) => {
      const versions: number[] = []
      for (const time of range(TIMES)) versions.push(await writer.append('order-1', 'any', [numbered(number, time)]))
      return versions
    }
    await expectAll((await Promise.all(connections(WRITERS).map(write))).flat())
  })

  test('stores all of twenty concurrent writers that retry after a conflict', async () => {
    const write = async (writer: EventStore, number: number) => {
      const versions: number[] = []
      let expected = 0
      while (versions.length < TIMES) {
        try {
          expected = await writer.append('order-1', expected, [numbered(number, versions.length)])
          versions.push(expected)
        } catch (error) {
          if (!(error instanceof EventStoreError) || error.actual === undefined) throw error
          expect(error.actual).not.toBe(expected)
          expected = error.actual
        }
      }
      return versions
    }
    await expectAll((await Promise.all(connections(WRITERS).map(write))).flat())
  })

  if (isShared) {
    test('stores all appends of concurrent processes', async () => {
      const task = { do: 'append', streamId: 'order-1', times: 50 } as const
      const processes = await Promise.all(range(3).map((by) => start({ ...task, by }, 'appending')))
      const printed = await Promise.all(processes.map((process) => process.printed))
      await expectAll(printed.flat().map(Number), 3, 50)
    })
  }
}

function nested(depth: number): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}
