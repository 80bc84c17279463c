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
  readonly kind: string
  readonly topic: string
  readonly callerLogs?: PublishOptions['callerLogs']
  /** A subscriber of `start` may replace the events by copies, for example with a `trace`. */
  events: readonly SerializedEvent[]
  /** Set from `asyncEnd` on when the call succeeded. */
  result?: readonly Position[]
  /** Set from `error` on. */
  error?: unknown
}

/** A message of `crbus:subscribed`: a subscription joined its consumer group. */
export interface SubscribedMessage {
  readonly bus: EventBus
  readonly topics: readonly string[]
  readonly group: string
  readonly autoOffsetReset: string
  readonly bufferSize: number
}

/** A message of `crbus:received`: one record or a batch was handed to a subscriber. */
export interface ReceivedMessage {
  readonly bus: EventBus
  readonly kind: string
  readonly group: string
  readonly received: readonly Received[]
}

/** A message of `crbus:outage`: the bus of a subscription stopped answering, or answers again. */
export interface OutageMessage {
  readonly bus: EventBus
  readonly topics: readonly string[]
  readonly group: string
  readonly outage: Outage
  readonly callerLogs?: SubscribeOptions['callerLogs']
}

/** A message of `crbus:kafka:request`: one request to a broker and its result. */
export interface KafkaRequestMessage {
  /** `host:port`. */
  readonly broker: string
  /** Kafka's name of the request, such as `Fetch`; `Connect` for opening a connection and logging in. */
  readonly request: string
  readonly version: number
  /** Milliseconds until the response or the failure. */
  readonly duration: number
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
  readonly name: string
  readonly hasSubscribers: boolean
  publish(message: Message): void
  subscribe(listener: (message: Message) => void): void
  unsubscribe(listener: (message: Message) => void): void
}

const open = <Name extends keyof Messages>(name: Name) => channel(name) as unknown as DiagnosticsChannel<Messages[Name]>

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
  busCreated: open('crbus:bus:created'),
  busClosed: open('crbus:bus:closed'),
  subscribed: open('crbus:subscribed'),
  received: open('crbus:received'),
  outage: open('crbus:outage'),
  kafkaRequest: open('crbus:kafka:request'),
  /** The start, the end and the failure of `publish` calls; see Node's `TracingChannel`. */
  publish: tracingChannel<unknown, PublishMessage>('crbus:publish'),
} as const
