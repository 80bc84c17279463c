import { expect, test } from 'vitest'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { measureLag } from '../../../src/operations/lag/lag.ts'

test('many groups, each at an offset of its own, are told the ages of their own first events', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const [partitions, groups, now] = [100, 120, 1_000_000]
  await bus.admin.createTopic('order-events', { partitions })
  const places = Array.from({ length: partitions }, (_, partition) => partition)
  for (let offset = 0; offset < groups; offset += 1) {
    await bus.log.append(
      'order-events',
      // Of no partition are times those of another.
      places.map((partition) => ({ key: null, value: null, partition, timestamp: BigInt(1000 * offset + partition) })),
    )
    await bus.admin.commitOffsets(
      `g-${offset}`,
      places.map((partition) => ({ topic: 'order-events', partition, offset: BigInt(offset) })),
    )
  }

  const report = await measureLag(bus, { now: () => now, signal: new AbortController().signal })

  expect(report.groups).toHaveLength(groups)
  for (const { group, topics } of report.groups) {
    const offset = Number(group.slice(2))
    expect(topics[0]?.partitions.map(({ age }) => age)).toEqual(
      places.map((partition) => now - (1000 * offset + partition)),
    )
  }
})
