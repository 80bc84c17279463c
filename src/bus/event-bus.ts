import type { BusAdmin } from './admin.ts'
import type { OffsetReset } from './driver-port.ts'
import type { EventBusError } from './errors.ts'
import type { SerializedEvent } from './event.ts'
import type { OutageOptions } from './outage.ts'
import type { BusRecord, Position } from './record.ts'
import type { TopicLog } from './topic-log.ts'

/** One record of a subscription: with its event, or with an error when the record cannot be decoded. */
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
  /** The records with their events, in offset order. */
  readonly items: readonly Received[]
  /**
   * Marks the first `count` events of the batch as processed; default: all of them. Batches may be acknowledged in any order: of
   * each partition, the bus commits up to the first event that is not acknowledged. Does nothing after the stream was closed or
   * the partition was assigned to another member, nor for events that are acknowledged already.
   */
  acknowledge(count?: number): void
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
   * Waits for the next records of one partition, in order: at least one, at most `bufferSize`; `undefined` when the stream
   * has ended. The next call of `next` or `nextBatch` acknowledges the whole batch. Use it to process many events in one
   * transaction.
   */
  nextBatch(): Promise<readonly Received[] | undefined>
  /**
   * Waits for a batch as `nextBatch` does but acknowledges nothing: the subscriber may take further batches while it
   * processes earlier ones, and acknowledges each batch by `EventBatch.acknowledge`. Batches that are unacknowledged when the
   * stream closes or the partition moves to another member are delivered again. Do not combine it with `next` or `nextBatch`,
   * because each of their calls acknowledges.
   */
  takeBatch(): Promise<EventBatch | undefined>
  /** Commits the acknowledged events, leaves the group and ends a pending `next`. Idempotent. */
  close(): Promise<void>
  /** Closes the stream, as `close` does, for `await using`. */
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
  /** The consumer group, whose members share the partitions. The default depends on the bus; see each bus. */
  readonly group?: string | undefined
  /** Where a group without a committed offset starts. Default: the option of the bus. */
  readonly autoOffsetReset?: OffsetReset | undefined
  /**
   * The maximum number of events in a batch; more than 0. Default 1000. Prefetching from Kafka is limited by bytes, not by
   * this number.
   */
  readonly bufferSize?: number | undefined
  /**
   * Whether acknowledged events are committed. Default: true. False: the subscription starts at the committed offsets of its group
   * and changes none of them, so the next owner of a partition receives the events again.
   */
  readonly autoCommit?: boolean | undefined
  /** Ends the stream like `close`. */
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
   * The record key, encoded as UTF-8: records with the same key go to one partition, which keeps them in order. A function
   * chooses the key of each event. Default, and where the function returns `undefined`: the event type, as in Rust. Key
   * commands by the id of their aggregate: `{ key: 'o-1' }`.
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
 * **Order.** Events with the same key on one topic arrive in the order published, because a key maps to one partition. The
 * default key is the event type. Events with different keys are unordered on a topic with several
 * partitions.
 *
 * **Delivery.** At least once. An event is committed after its subscriber has asked for the next event.
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
  /** Reads and appends records of topics without a consumer group. */
  readonly log: TopicLog
  /** Administers topics and consumer groups. */
  readonly admin: BusAdmin
  /**
   * Publishes one or several events, in order; resolves with their positions when the bus has accepted them. Rejects with
   * `PUBLISH_FAILED` (topic and reason), or with a more specific code: `INVALID_TOPIC`, `TOPIC_NOT_FOUND`,
   * `CONNECTION_FAILED`, `AUTHENTICATION_FAILED`. When some events were or may have been published, or one is refused, the
   * error is an `AppendError` with the outcome of each event. An event that cannot be serialized, or a key that is not a
   * well-formed string, fails the call before anything is sent.
   */
  publish(
    topic: string,
    events: SerializedEvent | readonly SerializedEvent[],
    options?: PublishOptions,
  ): Promise<readonly Position[]>
  /**
   * Subscribes to topics; resolves when the subscription is active. With `latest`, events published after that are delivered.
   * Rejects with `TOPIC_NOT_FOUND` when a topic does not exist.
   */
  subscribe(topics: readonly string[], options?: SubscribeOptions): Promise<EventStream>
  /** Closes every stream and connection. Idempotent. */
  close(): Promise<void>
  /** Closes the bus, as `close` does, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
