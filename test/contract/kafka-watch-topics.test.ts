import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { type TopicMeasurement, watchTopics } from '../../src/operations/topics/watch.ts'
import { text, uniqueTopic } from './support/harness.ts'

const brokers = inject('kafkaBrokers')

describe.skipIf(brokers === '')('topics that are watched on Kafka', () => {
  test('have their events, their bytes and their settings, also after a change', async () => {
    const bus = new RedpandaEventBus({ brokers, timeout: 60_000 })
    const stop = new AbortController()
    onTestFinished(async () => {
      stop.abort()
      await bus.close()
    })
    const topic = uniqueTopic()
    const config = { 'cleanup.policy': 'compact,delete', 'retention.ms': '3600000' }
    await bus.admin.createTopic(topic, { partitions: 2, config })
    const updates = watchTopics(bus, { topics: [topic], interval: 0, now: Date.now, signal: stop.signal })
    /** Measures until the topic meets a condition. */
    const until = async (isMet: (found: TopicMeasurement) => boolean): Promise<TopicMeasurement> => {
      for (;;) {
        const { value: update } = await updates.next()
        const [found] = update?.ok ? update.topics : []
        if (found !== undefined && isMet(found)) return found
      }
    }
    expect(await until(({ config: settings }) => settings !== undefined)).toMatchObject({ eventCount: 0n, bytes: 0n })

    await bus.log.append(topic, [{ key: text('key'), value: text('x'.repeat(1000)) }])
    await bus.admin.setTopicConfig(topic, { 'retention.ms': '7200000' })
    const changed = await until(({ config: settings }) => settings?.get('retention.ms') === '7200000')
    expect(changed).toMatchObject({ topic, partitionCount: 2, eventCount: 1n, counts: 'offsets' })
    expect(changed.bytes).toBeGreaterThan(1000n)
  })
})
