import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparePartitions } from '../../../src/bus/compare.ts'
import { type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { positionName } from '../../../src/bus/names/names.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { decodeRecord } from '../../../src/codecs/event-record.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { EventIndex, type IndexQuery, type SearchLimits } from '../../../src/event-index/event-index.ts'
import { indexTopics, newFolder, readAll } from './support/index-topics.ts'
import { causationIds, correlationIds, newRecord } from './support/random-records.ts'

const TOPIC = 'order-events'
const PARTITIONS = 3

const eventOf = (record: BusRecord): SerializedEvent | undefined => {
  const decoded = record.value === null ? undefined : decodeRecord({ ...record, value: record.value })
  return decoded?.ok ? decoded.event : undefined
}

/** The positions of records in time order. */
const inOrder = (records: readonly BusRecord[]) =>
  records
    .toSorted(
      (a, b) =>
        Number(a.timestamp > b.timestamp) - Number(a.timestamp < b.timestamp) ||
        comparePartitions(a, b) ||
        Number(a.offset - b.offset),
    )
    .map(positionName)

/** A search and the condition that a record of its result meets. */
const searches: readonly (readonly [IndexQuery, (record: BusRecord, event: SerializedEvent | undefined) => boolean])[] =
  [
    ...correlationIds.map(
      (id) =>
        [
          { correlationId: id },
          (_: BusRecord, event?: SerializedEvent) => event?.metadata?.correlationId === id,
        ] as const,
    ),
    [{ key: 'o-1' }, ({ key }) => key !== null && Buffer.from(key).toString() === 'o-1'],
    [{ type: 'Größe.v2' }, (_, event) => event?.eventType === 'Größe.v2'],
    [{ field: 'data.order_id', value: 'o-2' }, (_, event) => Buffer.from(event?.data ?? []).includes('"o-2"')],
    [{ field: 'data.total', value: '3' }, (_, event) => Buffer.from(event?.data ?? []).includes('"total":3')],
    [
      { causationIds: [causationIds[0], causationIds[2]] },
      (_, event) => [causationIds[0], causationIds[1], causationIds[2]].includes(event?.metadata?.causationId ?? ''),
    ],
  ]

const limits: readonly SearchLimits[] = [
  {},
  { limit: 4 },
  { since: 1_700_000_000_004n },
  { until: 1_700_000_000_004n, limit: 3 },
  { topics: ['payment-events'] },
]

test('a search finds the records that reading everything finds, in time order, after any number of updates', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  let run = 0
  const batches = fc.array(fc.array(newRecord(PARTITIONS), { maxLength: 12 }), { minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      await using bus = new InMemoryEventBus()
      await bus.admin.createTopic(TOPIC, { partitions: PARTITIONS })
      run += 1
      const path = join(folder, `${run}.db`)
      // So many updates that sorted runs are merged, twice for the longest histories.
      for (const batch of all) {
        await bus.log.append(TOPIC, batch)
        await indexTopics(bus, path, { fields: ['data.order_id', 'data.total'] })
      }
      const records = await readAll(bus, TOPIC)
      const index = EventIndex.open(path)
      if (index === undefined) throw new Error('there is no index')
      const ids = records.flatMap((record) => eventOf(record) ?? []).map(messageId)
      const byMessage = ids.slice(0, 3).map((id) => {
        const hasId = (_: BusRecord, event?: SerializedEvent) => event !== undefined && messageId(event) === id
        return [{ messageIds: [`${id}#2`] }, hasId] as const
      })
      for (const [query, matches] of [...searches, ...byMessage]) {
        for (const limit of limits) {
          const { topics, since, until, limit: count } = limit
          const expected = records.filter(
            (record) =>
              matches(record, eventOf(record)) &&
              (topics?.includes(record.topic) ?? true) &&
              (since === undefined || record.timestamp >= since) &&
              (until === undefined || record.timestamp < until),
          )
          expect(index.find(query, limit)?.map(positionName)).toEqual(inOrder(expected).slice(0, count))
        }
      }
      expect(index.recordCount()).toBe(records.length)
      index.close()
    }),
    { numRuns: 25 },
  )
})

test('event types that are too long or too many are not stored by name, and a search for one has all of them as candidates', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const path = join(newFolder(), 'index.db')
  const long = `Long${'x'.repeat(300)}`
  const many = Array.from({ length: 10_050 }, (_, at) => serializedEvent(`Type${at}`, Buffer.from('{}')))
  await bus.publish(TOPIC, [serializedEvent(long, Buffer.from('{}')), ...many], { key: 'one-partition' })
  await indexTopics(bus, path)
  const index = EventIndex.open(path)

  expect(index?.find({ type: 'Type7' })).toMatchObject([{ offset: 8n, eventType: 'Type7' }])
  const others = index?.find({ type: 'Type10049' })
  expect(others).toContainEqual(expect.objectContaining({ offset: 10_050n, eventType: undefined }))
  expect(index?.find({ type: long })).toEqual(others)
  expect(others?.length).toBeLessThan(100)
  index?.close()
})

test('a search for a field that is not indexed has no answer', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const path = join(newFolder(), 'index.db')
  await indexTopics(bus, path)
  const index = EventIndex.open(path)
  expect(index?.find({ field: 'data.order_id', value: 'o-1' })).toBeUndefined()
  index?.close()
})

test('there is no index before the first update', () => {
  expect(EventIndex.open(join(newFolder(), 'index.db'))).toBeUndefined()
})
