import type { BusAdmin } from './admin.ts'
import type { OffsetReset } from './driver-port.ts'
import type { EventBusError } from './errors.ts'
import type { SerializedEvent } from './event.ts'
import type { OutageOptions } from './outage.ts'
import type { BusRecord, Position } from './record.ts'
import type { TopicLog } from './topic-log.ts'

/** One record of a subscription, with its event, or with the error when it cannot be decoded. */
export type Received =
  | { readonly ok: true; readonly event: SerializedEvent; readonly record: BusRecord }
  | { readonly ok: false; readonly error: EventBusError; readonly record: BusRecord }

/**
 * Events of one partition, in order, that the subscriber acknowledges itself; see {@link EventStream.takeBatch}.
 *
 * @example
 * ```ts
 * import { type EventBatch, InMemoryEventBus, serializedEvent } from 'crbus'
 *
 * async function handle(batch: EventBatch): Promise<number> {
 *   const events = batch.items.flatMap((item) => (item.ok ? [item.event] : []))
 *   // Store the events in one transaction here, then:
 *   batch.acknowledge()
 *   return events.length
 * }
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
 * await using stream = await bus.subscribe(['order-events'], { group: 'billing' })
 * const batch = await stream.takeBatch()
 * if (batch !== undefined) await handle(batch) // => 1
 * ```
 */
export interface EventBatch {
  readonly items: readonly Received[]
  /**
   * Marks all events of the batch as processed. Batches may be acknowledged in any order: of each partition, the bus
   * commits up to the first batch that is not acknowledged. Does nothing after the stream was closed or the partition
   * went to another member. Idempotent.
   */
  acknowledge(): void
}

/**
 * The events of a subscription, one at a time.
 *
 * Asking for the next event acknowledges the previous one. When the loop ends by `break`, `return` or `close`, the current
 * event is not acknowledged and is delivered again. A record that cannot be decoded is an item with `ok: false`, and the
 * stream continues. The stream rejects only when the subscription cannot continue.
 *
 * @example
 * ```ts
 * import { type EventStream, InMemoryEventBus, serializedEvent } from 'crbus'
 *
 * async function nextTypes(stream: EventStream): Promise<string[]> {
 *   const batch = (await stream.nextBatch()) ?? []
 *   return batch.flatMap((received) => (received.ok ? [received.event.eventType] : []))
 * }
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
 * await using stream = await bus.subscribe(['order-events'], { group: 'billing' })
 * await nextTypes(stream) // => ['OrderPlaced.v1']
 * ```
 */
export interface EventStream extends AsyncIterableIterator<Received, undefined> {
  /**
   * What is at hand of one partition, in order: at least one record, at most `bufferSize`. Asking again, for a batch or
   * for an event, acknowledges all of it at once. `undefined` when the stream is over. For those who process many events
   * in one transaction of their own.
   */
  nextBatch(): Promise<readonly Received[] | undefined>
  /**
   * Gives a batch as `nextBatch` does, and acknowledges nothing: the subscriber may take further batches while it still
   * works on earlier ones, and acknowledges each by `EventBatch.acknowledge`. What is not acknowledged when the stream
   * closes or the partition moves comes again. Use it instead of `next` and `nextBatch`, which acknowledge by being
   * called.
   */
  takeBatch(): Promise<EventBatch | undefined>
  /** Commits what was acknowledged, leaves the group and ends a waiting `next`. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Options of `EventBus.subscribe`.
 *
 * @example
 * ```ts
 * import { InMemoryEventBus, type SubscribeOptions } from 'crbus'
 *
 * const stopping = new AbortController()
 * const options: SubscribeOptions = {
 *   group: 'billing',
 *   autoOffsetReset: 'earliest',
 *   signal: stopping.signal,
 *   onOutage: ({ state }) => console.warn(`the bus of billing is ${state}`),
 * }
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * const stream = await bus.subscribe(['order-events'], options)
 * stopping.abort()
 * await stream.next() // => { done: true, value: undefined }
 * ```
 */
export interface SubscribeOptions extends OutageOptions {
  /** The consumer group; its members share the partitions. Default: the bus's own rule, see each bus. */
  readonly group?: string | undefined
  /** Where a group without a committed offset begins. Default: the bus's own. */
  readonly autoOffsetReset?: OffsetReset | undefined
  /**
   * The most events handed over at a time, to `nextBatch` too; more than 0. Default 1000. What Kafka sends ahead of that
   * is limited by bytes.
   */
  readonly bufferSize?: number | undefined
  /** Ends the stream, as `close` does. */
  readonly signal?: AbortSignal | undefined
  /** The caller logs outages itself, so the bus's `logger` leaves out those of this subscription. Default: false. */
  readonly callerLogs?: boolean | undefined
}

/**
 * Options of `EventBus.publish`.
 *
 * @example
 * ```ts
 * import { decodePayload, type PublishOptions, serializedEvent } from 'crbus'
 *
 * const byOrder: PublishOptions = {
 *   key({ data }) {
 *     const payload = decodePayload(data, 'json')
 *     return payload.ok ? (payload.value as { order_id: string }).order_id : undefined
 *   },
 * }
 * const event = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'))
 * if (typeof byOrder.key === 'function') byOrder.key(event, 0) // => 'o-1'
 * ```
 */
export interface PublishOptions {
  /**
   * The record key, written as UTF-8: records of one key go to one partition, which keeps them in order. A function
   * chooses it for each event; where it returns `undefined`, and by default, the key is the event type, as in Rust.
   * Commands are keyed by the id of the aggregate they are for: `{ key: 'o-1' }`.
   */
  readonly key?: string | ((event: SerializedEvent, index: number) => string | undefined) | undefined
  /** The caller logs a failure itself, so the bus's `logger` leaves it out. Default: false. */
  readonly callerLogs?: boolean | undefined
}

/**
 * Publishes and subscribes, in the same way on every backend.
 *
 * **Topics.** `admin.createTopic` creates topics, and `crbus topics apply` creates those that `crbus.json` declares.
 * Publishing or subscribing to a missing topic rejects with `TOPIC_NOT_FOUND` and similar names, so that a mistyped name
 * fails on every bus. The buses in memory and in a file have the option `createTopics` for tests.
 *
 * **Order.** Events of one key on one topic arrive in the order published, since a key has one partition. The key is the
 * event type unless `publish` gets another. Events of different keys have no order on a topic with several partitions.
 *
 * **Delivery.** At least once. An event is committed after its subscriber asked for the next one.
 *
 * @example
 * ```ts
 * import { type EventBus, InMemoryEventBus, serializedEvent } from 'crbus'
 *
 * async function placeOrder(bus: EventBus, orderId: string): Promise<void> {
 *   const data = Buffer.from(JSON.stringify({ order_id: orderId }))
 *   await bus.publish('order-events', serializedEvent('OrderPlaced.v1', data), { key: orderId })
 * }
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await placeOrder(bus, 'o-1')
 * for await (const received of await bus.subscribe(['order-events'], { group: 'billing' })) {
 *   if (received.ok) received.event.eventType // => 'OrderPlaced.v1'
 *   break
 * }
 * ```
 */
export interface EventBus {
  /** The topics as logs, without groups. */
  readonly log: TopicLog
  readonly admin: BusAdmin
  /**
   * Publishes one event or several, in order; resolves with their positions when the bus has taken them. Rejects with
   * `PUBLISH_FAILED` (topic and reason), or with a code that says more: `INVALID_TOPIC`, `TOPIC_NOT_FOUND`,
   * `CONNECTION_FAILED`, `AUTHENTICATION_FAILED`. Where some of several events were or may have been published, or one is
   * refused, the error is an `AppendError` that says of each what became of it. An event that cannot be serialized fails
   * the call before anything is sent, and so does a key that is not a well-formed string.
   */
  publish(
    topic: string,
    events: SerializedEvent | readonly SerializedEvent[],
    options?: PublishOptions,
  ): Promise<readonly Position[]>
  /**
   * Resolves when the subscription stands: with `latest`, what is published from then on is delivered. Rejects with
   * `TOPIC_NOT_FOUND` when one of the topics does not exist.
   */
  subscribe(topics: readonly string[], options?: SubscribeOptions): Promise<EventStream>
  /** Closes every stream and connection. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
