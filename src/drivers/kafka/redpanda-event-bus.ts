import { connectionFailed } from '../../bus/errors.ts'
import { defaultGroup } from '../../bus/names/names.ts'
import { DriverEventBus } from '../event-bus.ts'
import { driverHints } from '../hints.ts'
import { KafkaDriver } from './kafka-driver.ts'
import { compressionIds } from './records/compression.ts'
import { type RedpandaEventBusOptions, redpandaOptions } from './redpanda-options.ts'

/**
 * A bus on Redpanda or Apache Kafka 2.4 and later, with the same topics and bytes as Composable Rust's `RedpandaEventBus`.
 *
 * **Order.** Records of one partition arrive in offset order. Keys choose partitions as librdkafka's default partitioner
 * does. `publish` uses partitions that were added to a topic after `metadataMaxAge`, or at once if a record names one;
 * subscriptions read them within 30 s.
 *
 * **Delivery.** At least once. A subscription commits acknowledged offsets within 200 ms, on rebalance and on close; for a
 * group that begins at `latest`, it commits the start of each partition when the partition is first assigned. `publish`
 * resolves as `acks` says. A request that fails with a passing error is sent again, which can repeat events, as with the
 * producer of the Rust services. Only committed records are read. A group whose committed offset is beyond the end of the
 * log (the log was truncated or the topic created again) continues at the oldest event after two seconds.
 *
 * **Cost.** Connects when it is first used. Reading by `log` joins no group; reading and publishing ask the partition leaders
 * over a connection of their own. Events published during a request share the next request. A publisher that exceeds its
 * quota waits as long as the broker says. A subscription takes two more connections and two heartbeats a second.
 *
 * **Failure.** Everything thrown is an `EventBusError`. A login, token, client certificate or operation that the broker
 * refuses is an `AUTHENTICATION_FAILED` with the broker's reason, at once. A request in a version that the broker does not
 * support is `UNSUPPORTED` and not sent. A wrong address is reported within a second, an unreachable or silent broker after
 * about `timeout`. Following readers and subscriptions wait for it without limit and report the outage to `onOutage`; a read
 * with an end waits a minute (`outageLimit`). A record that the broker refuses fails only the call that published it.
 *
 * **Ownership.** Closed by `close` or `await using`, which end its reads and subscriptions. Events whose publish was not
 * awaited may be lost.
 *
 * @example
 * ```ts
 * import { RedpandaEventBus, serializedEvent } from 'crbus'
 *
 * await using bus = new RedpandaEventBus({ brokers: ['kafka-1:9092', 'kafka-2:9092'], acks: 'all' })
 * await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}')))
 *
 * for await (const received of await bus.subscribe(['order-events'], { group: 'billing' })) {
 *   if (received.ok) console.log(received.event.eventType)
 *   else console.error(received.error.message)
 * }
 * ```
 */
export class RedpandaEventBus extends DriverEventBus {
  /**
   * Takes options, or only brokers: `new RedpandaEventBus('127.0.0.1:9092')`. Throws `REFUSED` for an unknown or invalid option,
   * and `CONNECTION_FAILED` without brokers. Does not connect.
   */
  constructor(given: RedpandaEventBusOptions | string) {
    const options = redpandaOptions(given)
    super(kafkaDriver(options), options, {
      kind: 'kafka',
      settings: { brokers: options.brokers, acks: options.acks ?? '1', compression: options.compression ?? 'none' },
      autoOffsetReset: 'latest',
      groupFor: (topics) => options.group ?? defaultGroup(topics),
    })
  }
}

function kafkaDriver(options: RedpandaEventBusOptions): KafkaDriver {
  const { acks = '1', compression = 'none', timeout = 5000, clientId = 'crbus', metadataMaxAge, tls, sasl } = options
  const { maxBatchBytes } = options
  const given = typeof options.brokers === 'string' ? options.brokers.split(',') : (options.brokers ?? [])
  const brokers = given.map((broker) => broker.trim()).filter((broker) => broker !== '')
  if (brokers.length === 0) {
    throw connectionFailed('Brokers not configured', { hints: [driverHints.nameBrokers()] })
  }
  return new KafkaDriver({
    brokers,
    clientId,
    timeout,
    tls,
    sasl,
    acks: acks === 'all' ? -1 : Number(acks),
    compression: compressionIds[compression],
    metadataMaxAge,
    maxBatchBytes,
  })
}
