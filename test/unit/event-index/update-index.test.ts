import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { EventBusError } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { EventIndex } from '../../../src/event-index/event-index.ts'
import { deleteIndex } from '../../../src/operations/event-index/delete-index.ts'
import { indexStatus } from '../../../src/operations/event-index/index-status.ts'
import { indexTopics, newFolder, tailCorrelation } from './support/index-topics.ts'

const TOPIC = 'order-events'

const placed = (id: string, order = 'o-1') =>
  serializedEvent('OrderPlaced.v1', Buffer.from(`{"order_id":"${order}"}`), { correlationId: id })

async function newBus(partitions = 1): Promise<InMemoryEventBus> {
  const bus = new InMemoryEventBus()
  await bus.admin.createTopic(TOPIC, { partitions })
  return bus
}

/** Returns the correlation ids that the index finds, with the number of hits. */
function found(path: string, ids: readonly string[]): readonly (number | undefined)[] {
  const index = EventIndex.open(path)
  try {
    return ids.map((id) => index?.find({ correlationId: id })?.length)
  } finally {
    index?.close()
  }
}

async function recreate(bus: EventBus): Promise<void> {
  await bus.admin.deleteTopic(TOPIC)
  await bus.admin.createTopic(TOPIC, { partitions: 1 })
}

async function refusal(
  work: Promise<unknown>,
): Promise<{ readonly message: string; readonly hints: readonly string[] }> {
  try {
    await work
  } catch (error) {
    if (error instanceof EventBusError && error.code === 'REFUSED') {
      return { message: error.message, hints: error.hints.map(({ code }) => code) }
    }
    throw error
  }
  throw new Error('it was not refused')
}

describe('an update', () => {
  test('reads only what was added since the last one', async () => {
    await using bus = await newBus(2)
    const path = join(newFolder(), 'index.db')
    await bus.publish(TOPIC, [placed('a'), placed('b')])
    const first = await indexTopics(bus, path)
    await bus.publish(TOPIC, [placed('a')])
    const second = await indexTopics(bus, path)
    const third = await indexTopics(bus, path)

    expect([first, second, third].map(({ recordsAdded }) => recordsAdded)).toEqual([2, 1, 0])
    expect(second.topics).toEqual([{ topic: TOPIC, partitionCount: 2, offsetsRead: 1n }])
    expect(found(path, ['a', 'b', 'c'])).toEqual([2, 1, 0])
  })

  test('leaves out internal topics unless they are named', async () => {
    await using bus = await newBus()
    await bus.admin.createTopic('__state', { partitions: 1 })
    const path = join(newFolder(), 'index.db')
    expect((await indexTopics(bus, path)).topics.map(({ topic }) => topic)).toEqual([TOPIC])
    expect((await indexTopics(bus, path, { topics: ['__state'] })).topics.map(({ topic }) => topic)).toEqual([
      '__state',
    ])
  })

  test.each([
    ['shorter than before', 1],
    ['as long as before', 3],
    ['longer than before', 5],
  ])('indexes a topic that was created again from its start, also if it is %s', async (_, count) => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    await bus.publish(TOPIC, [placed('a'), placed('a'), placed('a')])
    await indexTopics(bus, path)
    await recreate(bus)
    await bus.publish(
      TOPIC,
      Array.from({ length: count }, () => placed('b')),
    )

    expect(await indexStatus(bus, path)).toMatchObject({ topics: [{ partitions: [{ state: 'recreated' }] }] })
    const { positions } = await tailCorrelation(bus, { topics: [TOPIC], correlationId: 'b', indexPath: path })
    expect(positions).toHaveLength(count)
    const { notices, recordsAdded } = await indexTopics(bus, path)

    expect(notices).toEqual([{ code: 'topic-recreated', topic: TOPIC }])
    expect(recordsAdded).toBe(count)
    expect(found(path, ['a', 'b'])).toEqual([0, count])
  })

  test('forgets a topic that was deleted', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    await bus.publish(TOPIC, [placed('a')])
    await indexTopics(bus, path)
    await bus.admin.deleteTopic(TOPIC)
    expect(await indexStatus(bus, path)).toMatchObject({ topics: [{ topic: TOPIC, partitions: [{ state: 'gone' }] }] })

    expect((await indexTopics(bus, path)).notices).toEqual([{ code: 'topic-gone', topic: TOPIC }])
    expect(await indexStatus(bus, path)).toMatchObject({ recordCount: 0, topics: [] })
  })

  test('forgets records that were deleted from the start of a topic', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    await bus.publish(TOPIC, [placed('a'), placed('b'), placed('a')])
    await indexTopics(bus, path)
    await bus.admin.deleteRecords(TOPIC, new Map([[0, 3n]]))
    await indexTopics(bus, path)

    expect(found(path, ['a', 'b'])).toEqual([0, 0])
    expect(await indexStatus(bus, path)).toMatchObject({
      recordCount: 0,
      topics: [{ partitions: [{ state: 'current', from: 3n, to: 3n, behind: 0n }] }],
    })
  })

  test('reads all topics again for a new field, and keeps the fields', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    await bus.publish(TOPIC, [placed('a', 'o-1'), placed('a', 'o-2')])
    await indexTopics(bus, path)
    const second = await indexTopics(bus, path, { fields: ['data.order_id'] })
    await bus.publish(TOPIC, [placed('b', 'o-2')])
    const third = await indexTopics(bus, path)

    expect([second.recordsAdded, third.recordsAdded]).toEqual([2, 1])
    expect(third.fields).toEqual(['data.order_id'])
    const index = EventIndex.open(path)
    expect(index?.find({ field: 'data.order_id', value: 'o-2' })?.map(({ offset }) => offset)).toEqual([1n, 2n])
    index?.close()
  })

  test('that is stopped keeps what it has read', async () => {
    await using bus = await newBus(2)
    const path = join(newFolder(), 'index.db')
    for (const partition of [0, 1]) {
      const value = Buffer.from('{"event_type":"A.v1","data":{},"metadata":{"correlation_id":"a"}}')
      await bus.log.append(TOPIC, [{ key: null, value, partition }])
    }
    const stop = new AbortController()
    await indexTopics(bus, path, { signal: stop.signal, onProgress: () => stop.abort() })
    expect(found(path, ['a'])).toEqual([1])
    expect((await indexTopics(bus, path)).recordsAdded).toBe(1)
    expect(found(path, ['a'])).toEqual([2])
  })

  test('two at once add no record twice', async () => {
    await using bus = await newBus(3)
    const path = join(newFolder(), 'index.db')
    for (let batch = 0; batch < 20; batch += 1) {
      await bus.publish(
        TOPIC,
        Array.from({ length: 100 }, (_, at) => placed(`c-${at % 10}`)),
      )
      await Promise.all([indexTopics(bus, path), indexTopics(bus, path)])
    }
    expect(found(path, ['c-1', 'c-9'])).toEqual([200, 200])
    expect(await indexStatus(bus, path)).toMatchObject({ recordCount: 2000, behind: 0n })
  })

  test('begins again if another one adds a field meanwhile', async () => {
    await using bus = await newBus(2)
    const path = join(newFolder(), 'index.db')
    await bus.publish(
      TOPIC,
      Array.from({ length: 10 }, () => placed('a', 'o-7')),
    )
    await Promise.all([indexTopics(bus, path), indexTopics(bus, path, { fields: ['data.order_id'] })])
    const index = EventIndex.open(path)
    expect(index?.find({ field: 'data.order_id', value: 'o-7' })).toHaveLength(10)
    expect(index?.find({ correlationId: 'a' })).toHaveLength(10)
    index?.close()
  })

  test('that follows indexes new records, partitions and topics until it is stopped', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    const stop = new AbortController()
    const following = indexTopics(bus, path, { follow: true, signal: stop.signal })
    const isFound = async (count: number) => {
      while (found(path, ['a'])[0] !== count) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await bus.publish(TOPIC, [placed('a')])
    await isFound(1)
    await bus.publish(TOPIC, [placed('a')])
    await isFound(2)
    stop.abort()
    expect(await following).toMatchObject({ recordsAdded: 2 })
  })

  test('ends if the index is deleted while it follows', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    await indexTopics(bus, path)
    const following = indexTopics(bus, path, { follow: true })
    deleteIndex({ file: path, exists: true, bytes: 0 })
    await bus.publish(TOPIC, [placed('a')])
    expect(await refusal(following)).toEqual({
      message: `the event index at ${path} was deleted while it was open`,
      hints: ['index-again'],
    })
  })
})

/** Files that are not a usable index, each made from an index. */
const hostile: Readonly<Record<string, (path: string) => void>> = {
  'an empty folder': (path) => {
    rmSync(path)
    mkdirSync(path)
  },
  text: (path) => writeFileSync(path, 'no database\n'.repeat(1000)),
  'the first half of an index': (path) => {
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, bytes.length / 2))
  },
  'an index with random pages': (path) => {
    const bytes = readFileSync(path)
    for (let at = 4096; at < bytes.length; at += 1) bytes[at] = (at * 7919) & 0xff
    writeFileSync(path, bytes)
  },
  'another database': (path) => {
    rmSync(path)
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE notes (text TEXT)')
    database.close()
  },
  'an index of a newer crbus': (path) => {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
  },
  'an index without its tables': (path) => {
    const database = new DatabaseSync(path)
    database.exec('DROP TABLE entries; DROP TABLE records')
    database.close()
  },
}

describe.each(Object.entries(hostile))('%s instead of an index', (_, spoil) => {
  test('is refused with its path, and tail reads the topics instead', async () => {
    await using bus = await newBus()
    const folder = newFolder()
    const path = join(folder, 'index.db')
    await bus.publish(
      TOPIC,
      Array.from({ length: 50 }, (_, at) => placed(`c-${at % 5}`)),
    )
    await indexTopics(bus, path)
    const before = join(folder, 'before.db')
    copyFileSync(path, before)
    spoil(path)

    const { message } = await refusal(indexTopics(bus, path).then(() => found(path, ['c-1'])))
    expect(message).toContain(path)
    const { positions, notices } = await tailCorrelation(bus, {
      topics: [TOPIC],
      correlationId: 'c-1',
      indexPath: path,
      from: { kind: 'start' },
    })
    expect(positions).toHaveLength(10)
    expect(notices).toEqual([{ code: 'index-unusable', reason: expect.stringContaining(path) }])
  })
})

test('pages of an index with random content give no wrong answer', async () => {
  await using bus = await newBus()
  const path = join(newFolder(), 'index.db')
  await bus.publish(
    TOPIC,
    Array.from({ length: 50 }, (_, at) => placed(`c-${at % 5}`)),
  )
  await indexTopics(bus, path)
  const database = new DatabaseSync(path)
  database.exec('UPDATE records SET data = randomblob(77); UPDATE entries SET data = randomblob(4001)')
  database.close()
  const request = { topics: [TOPIC], correlationId: 'c-1', indexPath: path, from: { kind: 'start' } } as const
  const { positions } = await tailCorrelation(bus, request)
  // An index that lies may hide events, but cannot show an event of another correlation id.
  for (const position of positions) expect(Number(position.split('@')[1]) % 5).toBe(1)
})
