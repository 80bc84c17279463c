import type { BusAdmin } from '../bus/admin.ts'
import { diagnostics, type PublishMessage } from '../bus/diagnostics.ts'
import type { BusDriver, GroupMember, JoinRequest, OffsetReset } from '../bus/driver-port.ts'
import { AppendError, EventBusError, publishFailed, recordName, subscriptionFailed } from '../bus/errors.ts'
import type { SerializedEvent } from '../bus/event.ts'
import type { EventBus, EventStream, PublishOptions, SubscribeOptions } from '../bus/event-bus.ts'
import { logBus } from '../bus/logger.ts'
import { topicNameError } from '../bus/names/names.ts'
import { withSimilarNames } from '../bus/names/similar-names.ts'
import type { Outage } from '../bus/outage.ts'
import type { NewRecord, Position } from '../bus/record.ts'
import type { TopicLog } from '../bus/topic-log.ts'
import { encodeRecord } from '../codecs/event-record.ts'
import { type EventBusOptions, subscribeProblem } from './bus-options.ts'
import { Subscription } from './subscription.ts'

export interface EventBusDefaults {
  /** The kind of this bus in diagnostics. */
  readonly kind: string
  /** The settings of this bus in diagnostics, without secrets. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly autoOffsetReset: OffsetReset
  /** The group of a subscription without a `group` option. */
  readonly groupFor: (topics: readonly string[]) => string
}

/** Implements publish and subscribe on top of any driver, so that envelopes and acknowledgements work the same on every bus. */
export class DriverEventBus implements EventBus {
  readonly log: TopicLog
  readonly admin: BusAdmin
  readonly #driver: BusDriver
  readonly #options: EventBusOptions
  readonly #defaults: EventBusDefaults
  readonly #streams = new Set<EventStream>()
  readonly #stopLogging: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(driver: BusDriver, options: EventBusOptions, defaults: EventBusDefaults) {
    this.#driver = driver
    this.#options = options
    this.#defaults = defaults
    this.log = driver.log
    this.admin = driver.admin
    this.#stopLogging = options.logger && logBus(options.logger, this)
    diagnostics.busCreated.publish({ bus: this, kind: defaults.kind, settings: defaults.settings })
  }

  async publish(
    topic: string,
    events: SerializedEvent | readonly SerializedEvent[],
    { key, callerLogs }: PublishOptions = {},
  ): Promise<readonly Position[]> {
    const invalid = topicNameError(topic)
    if (invalid) throw invalid
    if (this.#closing) throw publishFailed(topic, 'the bus is closed', { isPassing: true })
    const list = Array.isArray(events) ? (events as readonly SerializedEvent[]) : [events as SerializedEvent]
    const append = async (traced: readonly SerializedEvent[]) => {
      const records = traced.map((event, index) => {
        const refused = (reason: string) => eventRefused(topic, reason, index, list.length)
        // Pass the caller's own event object and not the traced copy, because the function may look the event up by identity.
        const chosen = typeof key === 'function' ? key(list[index] as SerializedEvent, index) : key
        if (chosen !== undefined) checkKey(chosen, refused)
        return this.#toRecord(event, chosen, refused)
      })
      try {
        return await this.log.append(topic, records)
      } catch (error) {
        throw await withSimilarNames(asPublishFailed(topic, error), this.admin)
      }
    }
    const { publish } = diagnostics
    if (!publish.hasSubscribers) return append(list)
    // A subscriber of the channel may replace `message.events` by copies with a trace context.
    const message: PublishMessage = { bus: this, kind: this.#defaults.kind, topic, events: list, callerLogs }
    return publish.tracePromise(() => append(message.events), message)
  }

  async subscribe(topics: readonly string[], options: SubscribeOptions = {}): Promise<EventStream> {
    const problem = subscribeProblem(topics, options)
    if (problem !== undefined) throw subscriptionFailed(Array.isArray(topics) ? topics : [], problem)
    const wanted = [...new Set(topics)]
    if (wanted.length === 0) throw subscriptionFailed(topics, 'no topics given')
    for (const topic of wanted) {
      const invalid = topicNameError(topic)
      if (invalid) throw subscriptionFailed(topics, invalid.message, { cause: invalid })
    }
    const bufferSize = options.bufferSize ?? this.#options.bufferSize ?? 1000
    if (this.#closing) throw subscriptionFailed(topics, 'the bus is closed')
    const group = options.group ?? this.#defaults.groupFor(wanted)
    const offsetReset = options.autoOffsetReset ?? this.#options.autoOffsetReset ?? this.#defaults.autoOffsetReset
    const { outageLimit, callerLogs, autoCommit } = options
    const onOutage = (outage: Outage) => {
      diagnostics.outage.publish({ bus: this, topics: wanted, group, outage, callerLogs })
      options.onOutage?.(outage)
    }
    const request = { topics: wanted, group, offsetReset, bufferSize, autoCommit, onOutage, outageLimit }
    const member = await this.#join(request)
    diagnostics.subscribed.publish({ bus: this, topics: wanted, group, autoOffsetReset: offsetReset, bufferSize })
    const stream = new Subscription(member, {
      signal: options.signal,
      onReceived: (items) => {
        const { received } = diagnostics
        if (received.hasSubscribers) received.publish({ bus: this, kind: this.#defaults.kind, group, received: items })
      },
      onClose: () => this.#streams.delete(stream),
    })
    this.#streams.add(stream)
    // The bus may have been closed while the member was joining the group.
    if (this.#closing) await stream.close()
    return stream
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  /** Closes the bus, as `close` does, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #join(request: JoinRequest): Promise<GroupMember> {
    try {
      return await this.#driver.join(request)
    } catch (error) {
      throw error instanceof EventBusError ? await withSimilarNames(error, this.admin) : error
    }
  }

  async #closeAll(): Promise<void> {
    const closed = await Promise.allSettled([...this.#streams].map((stream) => stream.close()))
    // Close the connections even if a stream failed to leave its group. Its error is thrown at the end.
    await this.#driver.close()
    const { kind, settings } = this.#defaults
    diagnostics.busClosed.publish({ bus: this, kind, settings })
    this.#stopLogging?.()
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }

  #toRecord(event: SerializedEvent, key: string | undefined, refused: Refuse): NewRecord {
    const encoded = encodeRecord(event, this.#options.envelope ?? 'bincode')
    if (!encoded.ok) throw refused(`Failed to serialize event: ${encoded.reason}`)
    return { key: Buffer.from(key ?? event.eventType), value: encoded.value, headers: encoded.headers }
  }
}

type Refuse = (reason: string) => AppendError

/** Builds the error for an event that cannot be published. Nothing was sent: no event has a position. */
function eventRefused(topic: string, reason: string, index: number, count: number): AppendError {
  const { message } = publishFailed(topic, count === 1 ? reason : `${recordName(index, count)}: ${reason}`)
  const outcome = { positions: new Array(count).fill(undefined), refused: [{ index, reason }], unknown: [] }
  return new AppendError('PUBLISH_FAILED', message, outcome, { topic, isPassing: false })
}

/** Checks the key of an event. Refuses an empty key, because records with it go to any partition and so have no order. */
function checkKey(key: unknown, refused: Refuse): void {
  if (typeof key !== 'string') throw refused(`the key must be a string, not ${key === null ? 'null' : typeof key}`)
  if (key === '') throw refused('the key is empty')
  // In UTF-8, every lone surrogate becomes the same replacement character, so different keys would be equal.
  if (!key.isWellFormed()) throw refused('the key contains a lone surrogate, which UTF-8 cannot encode')
}

/**
 * Converts a transport error to `PUBLISH_FAILED`. Keeps other codes, which are more specific. Adds the topic if it is missing.
 */
function asPublishFailed(topic: string, error: unknown): EventBusError {
  if (!(error instanceof EventBusError)) return publishFailed(topic, String(error), { cause: error })
  if (error.code !== 'TRANSPORT_ERROR') return withTopic(topic, error)
  const { hints, isPassing } = error
  const isPartial = error instanceof AppendError
  const failed = publishFailed(topic, isPartial ? error.summary : error.message, {
    cause: error,
    hints,
    isPassing,
  })
  if (!isPartial) return failed
  return new AppendError(failed.code, failed.message, error.append, { topic, cause: error, hints, isPassing })
}

/** Returns the error, or a copy with the topic if the error has none. */
function withTopic(topic: string, error: EventBusError): EventBusError {
  if (error.topic !== undefined) return error
  const { code, message, group, hints, outcome, isPassing, cause = error } = error
  const details = { topic, group, hints, outcome, isPassing, cause }
  return error instanceof AppendError
    ? new AppendError(code, error.summary, error.append, details)
    : new EventBusError(code, message, details)
}
