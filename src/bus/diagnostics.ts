import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { SerializedEvent } from './event.ts'
import type { EventBus, PublishOptions, Received, SubscribeOptions } from './event-bus.ts'
import type { Outage } from './outage.ts'
import type { Position } from './record.ts'

/** A message of `crbus:bus:created` and `crbus:bus:closed`: a bus was created or closed. */
export interface BusMessage {
  readonly bus: EventBus
  /** `memory`, `embedded` or `kafka`. */
  readonly kind: string
  /** The settings of the bus, such as `brokers` and `acks`, without secrets. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** A message of `tracing:crbus:publish:*`: one call of `publish`. */
export interface PublishMessage {
  readonly bus: EventBus
  /** `memory`, `embedded` or `kafka`. */
  readonly kind: string
  readonly topic: string
  /** `callerLogs` of the call. True: the caller logs a failure, so the logger of the bus does not. */
  readonly callerLogs?: PublishOptions['callerLogs']
  /** A subscriber of `start` may replace the events by copies, for example with a `trace`. */
  events: readonly SerializedEvent[]
  /** The positions of the events. Set from `asyncEnd` on when the call succeeded. */
  result?: readonly Position[]
  /** Why the call failed. Set from `error` on. */
  error?: unknown
}

/** A message of `crbus:subscribed`: a subscription joined its consumer group. */
export interface SubscribedMessage {
  readonly bus: EventBus
  readonly topics: readonly string[]
  readonly group: string
  /** Where the group starts without a committed offset: `earliest` or `latest`. */
  readonly autoOffsetReset: string
  /** The maximum number of events in a batch. */
  readonly bufferSize: number
}

/** A message of `crbus:received`: one record or a batch was handed to a subscriber. */
export interface ReceivedMessage {
  readonly bus: EventBus
  /** `memory`, `embedded` or `kafka`. */
  readonly kind: string
  readonly group: string
  /** The records with their events, in offset order. */
  readonly received: readonly Received[]
}

/** A message of `crbus:outage`: the bus of a subscription stopped answering, or answers again. */
export interface OutageMessage {
  readonly bus: EventBus
  readonly topics: readonly string[]
  readonly group: string
  /** The beginning or the end of the outage. */
  readonly outage: Outage
  /** `callerLogs` of the subscription. True: the caller logs the outage, so the logger of the bus does not. */
  readonly callerLogs?: SubscribeOptions['callerLogs']
}

/** A message of `crbus:kafka:request`: one request to a broker and its result. */
export interface KafkaRequestMessage {
  /** `host:port`. */
  readonly broker: string
  /** Kafka's name of the request, such as `Fetch`; `Connect` for opening a connection and logging in. */
  readonly request: string
  /** The version of the request. */
  readonly version: number
  /** Milliseconds until the response or the failure. */
  readonly duration: number
  /** Why the request failed. Absent when it succeeded. */
  readonly error?: unknown
}

interface Messages {
  'crbus:bus:created': BusMessage
  'crbus:bus:closed': BusMessage
  'crbus:subscribed': SubscribedMessage
  'crbus:received': ReceivedMessage
  'crbus:outage': OutageMessage
  'crbus:kafka:request': KafkaRequestMessage
}

/** A channel of `node:diagnostics_channel` with typed messages. */
export interface DiagnosticsChannel<Message> {
  /** The name in `node:diagnostics_channel`, such as `crbus:received`. */
  readonly name: string
  /** Whether the channel has a subscriber. Without one, the message need not be created. */
  readonly hasSubscribers: boolean
  /** Calls the subscribers with a message, synchronously. */
  publish(message: Message): void
  /** Adds a subscriber. An error that it throws becomes an uncaught exception. */
  subscribe(listener: (message: Message) => void): void
  /** Removes a subscriber. */
  unsubscribe(listener: (message: Message) => void): void
}

const typedChannel = <Name extends keyof Messages>(name: Name) =>
  channel(name) as unknown as DiagnosticsChannel<Messages[Name]>

/**
 * The channels of `node:diagnostics_channel` on which buses report what they do, for tracing and metrics. A channel without
 * a subscriber costs one comparison.
 *
 * @example
 * ```ts
 * import { diagnostics, InMemoryEventBus, serializedEvent } from 'crbus'
 *
 * const received = new Map<string, number>()
 * diagnostics.received.subscribe(({ group, received: { length } }) => {
 *   received.set(group, (received.get(group) ?? 0) + length)
 * })
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
 * await using stream = await bus.subscribe(['order-events'], { group: 'billing' })
 * await stream.next()
 * received.get('billing') // => 1
 * ```
 */
export const diagnostics = {
  /** A bus was created. */
  busCreated: typedChannel('crbus:bus:created'),
  /** A bus was closed. */
  busClosed: typedChannel('crbus:bus:closed'),
  /** A subscription joined its consumer group. */
  subscribed: typedChannel('crbus:subscribed'),
  /** One record or a batch was handed to a subscriber. */
  received: typedChannel('crbus:received'),
  /** The bus of a subscription stopped answering, or answers again. */
  outage: typedChannel('crbus:outage'),
  /** A broker answered a request, or the request failed. */
  kafkaRequest: typedChannel('crbus:kafka:request'),
  /** The start, the end and the failure of `publish` calls; see Node's `TracingChannel`. */
  publish: tracingChannel<unknown, PublishMessage>('crbus:publish'),
} as const
