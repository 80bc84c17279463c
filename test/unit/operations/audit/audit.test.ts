import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { InMemoryEventBus } from '../../../../src/drivers/memory/in-memory-event-bus.ts'
import { audit } from '../../../../src/operations/audit/audit.ts'
import { streamsOfTopic } from '../../../../src/operations/audit/streams-of-topics.ts'
import { openEventStore } from '../../../../src/store/open.ts'
import { foundLines, writeAuditedHistory } from '../../../support/audited-history.ts'

const request = (topic: string) => ({
  topics: [streamsOfTopic(topic, [topic])],
  grace: 0,
  owners: async () => ['orders'],
  storeTime: async () => Date.now() + 1000,
  folder: tmpdir(),
  signal: new AbortController().signal,
  onProgress: () => {},
})

test('finds every fault of random histories in store and bus, and nothing else', async () => {
  let seededCount = 0
  for (let seed = 1; seed <= 60; seed += 1) {
    await using bus = new InMemoryEventBus()
    await using store = await openEventStore(':memory:')
    await bus.admin.createTopic('order-events', { partitions: 3 })
    const options = { seed, streams: 6, eventsOfStream: 5, faulty: 0.3 }
    const history = await writeAuditedHistory(bus, store, 'order-events', options)
    const { report } = await audit(bus, store, request('order-events'))
    expect(foundLines(report), `seed ${seed}`).toEqual(history.seeded)
    expect(report.topics[0]).toMatchObject({ stored: history.stored, waitingCount: history.waiting, young: 0 })
    seededCount += history.seeded.length
  }
  expect(seededCount).toBeGreaterThan(300)
})
