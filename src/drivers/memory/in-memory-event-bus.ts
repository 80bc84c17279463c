import { DriverEventBus } from '../event-bus.ts'
import { MemoryBroker } from './broker.ts'
import { MemoryDriver } from './memory-driver.ts'
import { checkMemoryOptions, type InMemoryEventBusOptions } from './memory-options.ts'

export { MemoryBroker } from './broker.ts'

/**
 * A bus in the memory of this process, for tests and for the first version of a service. It needs no server and no file, and
 * is the reference for the behavior of all other buses.
 *
 * **Order.** Records of one partition arrive in offset order. `admin.createTopic` creates 3 partitions unless it is given
 * another number.
 *
 * **Delivery.** As {@link EventBus} describes. A subscription without a group is private: every subscriber gets every event,
 * as with Rust's `InMemoryEventBus`. A new group begins at the oldest event, so a test may publish first and subscribe
 * later; Rust's bus keeps no events and cannot do that.
 *
 * **Ownership.** `close` ends the streams. The events live as long as the {@link MemoryBroker}.
 *
 * @example
 * ```ts
 * import { InMemoryEventBus, serializedEvent } from 'crbus'
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}')))
 *
 * for await (const received of await bus.subscribe(['order-events'], { group: 'billing' })) {
 *   if (received.ok) received.event.eventType // => 'OrderPlaced.v1'
 *   break
 * }
 * ```
 */
export class InMemoryEventBus extends DriverEventBus {
  readonly broker: MemoryBroker
  /** Names this bus to its broker. */
  readonly clientId: string

  constructor(options: InMemoryEventBusOptions = {}) {
    checkMemoryOptions(options)
    const broker = options.broker ?? new MemoryBroker(options)
    const driver = new MemoryDriver(broker, options)
    super(driver, options, {
      kind: 'memory',
      settings: {},
      autoOffsetReset: 'earliest',
      groupFor: () => broker.privateGroup(),
    })
    this.broker = broker
    this.clientId = driver.clientId
  }

  /** Vanishes as a killed process would; see {@link MemoryBroker.disconnect}. For tests. */
  crash(): void {
    this.broker.disconnect(this)
  }

  topicCount(): number {
    return this.broker.topics.list().length
  }

  /** Subscriptions that are running now, on any bus of the same broker. */
  subscriberCount(topic: string): number {
    return this.broker.groups.subscribersOf(topic)
  }

  /** Forgets every topic and group of the broker; running subscriptions end. */
  reset(): void {
    this.broker.reset()
  }
}
