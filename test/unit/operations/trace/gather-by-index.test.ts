import { join } from 'node:path'
import { expect, test } from 'vitest'
import { InMemoryEventBus } from '../../../../src/drivers/memory/in-memory-event-bus.ts'
import { gatherConversation } from '../../../../src/operations/trace/gather.ts'
import type { GatherNotice } from '../../../../src/operations/trace/gather-request.ts'
import { faults, makeHistory } from '../../../support/conversations.ts'
import { indexTopics, newFolder } from '../../event-index/support/index-topics.ts'

const SEEDS = 6

test('finds the same messages with an index, without it, and where it reaches only half of the records', async () => {
  await using bus = new InMemoryEventBus()
  const path = join(newFolder(), 'index.db')
  // The index does not know the correlation id of a damaged envelope, which a search of the bytes finds.
  const kinds = faults.filter((fault) => fault !== 'damaged')
  const histories = kinds.flatMap((fault) =>
    Array.from(
      { length: SEEDS },
      (_, seed) => makeHistory(seed, fault, Date.UTC(2026, 10, 1) + seed * 3_600_000) ?? [],
    ).flat(),
  )
  const topics = [...new Set(histories.flatMap((history) => history.topics))]
  for (const topic of topics) await bus.admin.createTopic(topic, { partitions: 3 })
  for (const [at, { records }] of histories.entries()) {
    if (at === histories.length >> 1) await indexTopics(bus, path, { topics })
    for (const { topic, key, value, headers, timestamp } of records) {
      await bus.log.append(topic, [{ key, value, headers, timestamp, partition: at % 3 }])
    }
  }

  const gather = async (correlationId: string, indexPath?: string) => {
    const notices: GatherNotice[] = []
    const request = { correlationId, limit: 1000, reading: {}, signal: new AbortController().signal, indexPath }
    const { messages, read } = await gatherConversation(bus, { ...request, onNotice: (notice) => notices.push(notice) })
    const places = messages.map(({ topic, partition, offset }) => `${topic}[${partition}]@${offset}`).sort()
    return { places, read, notices }
  }
  let [indexed, scanned] = [0, 0]
  for (const { correlationId } of histories) {
    const plain = await gather(correlationId)
    const half = await gather(correlationId, path)
    expect(half.places, correlationId).toEqual(plain.places)
    expect(half.notices).toEqual([{ code: 'index-used', indexed: expect.any(BigInt), scanned: expect.any(BigInt) }])
    indexed += half.read.indexed
    scanned += half.read.scanned
  }
  expect(indexed).toBeGreaterThan(100)
  expect(scanned).toBeGreaterThan(100)

  await indexTopics(bus, path, { topics })
  for (const { correlationId } of histories) {
    const [plain, whole] = [await gather(correlationId), await gather(correlationId, path)]
    expect(whole.places, correlationId).toEqual(plain.places)
    expect(whole.read.scanned).toBe(0)
  }
})
