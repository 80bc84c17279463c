import { expect, test } from 'vitest'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { measureLag } from '../../../src/operations/lag/lag.ts'

test('measures the age of the first waiting event for each of many groups at different offsets', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const [partitions, groups, now] = [100, 120, 1_000_000]
  await bus.admin.createTopic('order-events', { partitions })
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  for (let offset = 0; offset < groups; offset += 1) {
    await bus.log.append(
      'order-events',
      // Every partition has timestamps of its own.
      all.map((partition) => ({ key: null, value: null, partition, timestamp: BigInt(1000 * offset + partition) })),
    )
    await bus.admin.commitOffsets(
      `g-${offset}`,
      all.map((partition) => ({ topic: 'order-events', partition, offset: BigInt(offset) })),
    )
  }

  const report = await measureLag(bus, { now: () => now, signal: new AbortController().signal })

  expect(report.groups).toHaveLength(groups)
  for (const { group, topics } of report.groups) {
    const offset = Number(group.slice(2))
    expect(topics[0]?.partitions.map(({ age }) => age)).toEqual(
      all.map((partition) => now - (1000 * offset + partition)),
    )
  }
})
