import { DriverEventBus } from '../event-bus.ts'
import { MemoryBroker } from './broker.ts'
import { MemoryDriver } from './memory-driver.ts'
import { checkMemoryOptions, type InMemoryEventBusOptions } from './memory-options.ts'

export { MemoryBroker } from './broker.ts'

/**
 * A bus in the memory of this process, for tests and for the first version of a service. It needs neither a server nor a file
 * and is the reference for the behavior of all other buses.
 *
 * **Order.** Records of one partition arrive in offset order. `admin.createTopic` creates 3 partitions by default.
 *
 * **Delivery.** As {@link EventBus} describes. A subscription without a group is private: every subscriber gets every event,
 * as with Rust's `InMemoryEventBus`. A new group starts at the oldest event, so a test may publish first and subscribe later.
 * Rust's bus does not support that, because it does not keep events.
 *
 * **Ownership.** `close` ends the streams. The events live as long as the `broker`, which several buses may share.
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
  /**
   * The topics and groups of this bus. Pass it to another bus to simulate a second process: `new InMemoryEventBus({
   * broker })`.
   */
  readonly broker: MemoryBroker
  /** The id of this bus at its broker. */
  readonly clientId: string

  /** Throws `REFUSED` for an unknown or invalid option. */
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

  /**
   * Disconnects this bus as if its process was killed: its groups continue without it, its later acknowledgements are ignored
   * and its later calls are refused. For tests.
   */
  crash(): void {
    this.broker.disconnect(this)
  }

  /** The number of topics, on all buses of the same broker. */
  topicCount(): number {
    return this.broker.topics.list().length
  }

  /** The number of running subscriptions to a topic, on all buses of the same broker. */
  subscriberCount(topic: string): number {
    return this.broker.groups.subscribersOf(topic)
  }

  /** Deletes every topic and group of the broker. Running subscriptions end. */
  reset(): void {
    this.broker.reset()
  }
}
