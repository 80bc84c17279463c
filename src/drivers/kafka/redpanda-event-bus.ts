import type { ConnectionOptions } from 'node:tls'
import { connectionFailed } from '../../bus/errors.ts'
import { defaultGroup } from '../../bus/names.ts'
import { DriverEventBus, type EventBusOptions } from '../event-bus.ts'
import { compressionIds } from './compression.ts'
import { KafkaDriver } from './kafka-driver.ts'
import type { Compression, Sasl } from './kafka-options.ts'
import { redpandaOptions } from './redpanda-options.ts'

export interface RedpandaEventBusOptions extends EventBusOptions {
  /** `host:port`, several separated by commas or as a list; port 9092 when none is given. */
  readonly brokers: string | readonly string[]
  /** How many replicas have a publish before it resolves: none, the leader, all in sync. Default `1`, as in Rust. */
  readonly acks?: '0' | '1' | 'all' | undefined
  /** Default `none`. */
  readonly compression?: Compression | undefined
  /** The group of subscriptions that name none. Default `composable-rust-` and the sorted topics. */
  readonly group?: string | undefined
  /**
   * How long a request may fail and be tried again. Milliseconds; default 5000. Where other brokers answer for one that
   * is away, what is no publish waits 30 s for them to take its place.
   */
  readonly timeout?: number | undefined
  /**
   * How old what a publish knows of its topic may be: partitions that were added are chosen after this long. Milliseconds;
   * default 300,000, as librdkafka and kafkajs have it.
   */
  readonly metadataMaxAge?: number | undefined
  /**
   * The largest record batch that is read, in bytes once it is decompressed. Default 134,217,728 (128 MiB). A batch that
   * is larger ends the read with an error instead of the process: 66 kB may hold gigabytes. Reading takes up to twice as
   * much memory.
   */
  readonly maxBatchBytes?: number | undefined
  /** Default `crbus`. */
  readonly clientId?: string | undefined
  /** `true`, or what `tls.connect` takes. */
  readonly tls?: boolean | ConnectionOptions | undefined
  /** The login: a name and a password, or whoever provides the token. */
  readonly sasl?: Sasl | undefined
}

/**
 * A bus on Redpanda or Apache Kafka (2.4 and later), for the same topics and bytes as Composable Rust's
 * `RedpandaEventBus`.
 *
 * **Order.** Records of one partition arrive in offset order. Keys choose partitions as librdkafka's default does.
 * Partitions that are added to a topic are published to after `metadataMaxAge`, at once where a record names one, and
 * read by subscriptions within 30 s.
 *
 * **Delivery.** At least once. A subscription commits what its reader came back from, within 200 ms, on rebalance and
 * on close; and the start of a `latest` group, fixed when a partition is first given out. `publish` resolves when `acks`
 * says so; a request that fails and passes is sent again, which can repeat events, as with the Rust services' producer.
 * Only committed records are read. A group whose offset is beyond the end of a log, which was cut off or is another of
 * the same name, begins again with the oldest event after two seconds.
 *
 * **Cost.** Nothing connects before it is needed. Reading by `log` joins no group: it asks the partition leaders, over
 * a connection of its own, and so does publishing. Events published while a request is under way share the next one. A
 * publisher who has used up its quota waits as long as the broker says. A subscription is two more connections and two
 * heartbeats a second.
 *
 * **Failure.** Everything thrown is an `EventBusError`. A login, a token, a client certificate or an operation that the
 * broker refuses is `AUTHENTICATION_FAILED` with its reason, at once; a request in a version that the broker does not
 * support is `UNSUPPORTED`, and not sent. A wrong address is told within a second, a broker that is away or silent after
 * about `timeout`. Readers that follow, and subscribers, wait for it however long it is away, and say so to `onOutage`; a
 * read that has an end waits a minute (`outageLimit`). A record the broker refuses fails the call that published it and
 * no other.
 *
 * **Ownership.** Closed by `close` or `await using`, which ends its reads and subscriptions. What was published and not
 * awaited may be lost.
 */
export class RedpandaEventBus extends DriverEventBus {
  /**
   * Takes options, or brokers alone: `new RedpandaEventBus('127.0.0.1:9092')`. Throws `REFUSED` for an option that is
   * unknown or wrong, and `CONNECTION_FAILED` without brokers; it does not connect.
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
    throw connectionFailed('Brokers not configured', { suggestions: ['--brokers 127.0.0.1:9092'] })
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
