import { type DiagnosticsChannel, diagnostics, type PublishMessage } from './diagnostics.ts'
import type { EventBus } from './event-bus.ts'

/**
 * A logger with the methods of pino: fields first, then the message. `console` fits as well.
 *
 * @example
 * ```ts
 * import { InMemoryEventBus, type Logger } from 'crbus'
 *
 * const lines: string[] = []
 * const write = (level: string) => (fields: object, message: string) => {
 *   lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
 * }
 * const logger: Logger = {
 *   debug: write('debug'),
 *   info: write('info'),
 *   warn: write('warn'),
 *   error: write('error'),
 *   isLevelEnabled: (level) => level !== 'debug',
 * }
 * await new InMemoryEventBus({ logger }).close()
 * lines // => ['info bus created {"bus":"memory"}', 'info bus closed {"bus":"memory"}']
 * ```
 */
export interface Logger {
  /** Logs one event or one request. */
  debug(fields: object, message: string): void
  /** Logs a change that needs no action: a bus is created, an outage is over, a command is rejected. */
  info(fields: object, message: string): void
  /** Logs a failure that crbus retries, skips or waits out. */
  warn(fields: object, message: string): void
  /** Logs a failure that crbus does not retry, such as a failed publish or a dead letter. */
  error(fields: object, message: string): void
  /** When it returns false for `debug`, no message is built for single events. Absent: all levels are enabled. */
  isLevelEnabled?(level: string): boolean
}

/**
 * Logs the activity of a bus: its creation and closing (info), subscriptions (info), each event published and received
 * (debug), failed publishes (error), records that cannot be decoded (warn), and the beginning (warn) and end (info) of
 * outages. Leaves out failed publishes and outages that the caller logs itself (`callerLogs`), as a running aggregate with a
 * logger does. The fields have the names that the Rust services use: `topic`, `partition`, `offset`,
 * `event_type`. Payloads and keys are never logged. Returns a function that stops the logging.
 *
 * @example
 * ```ts
 * import { InMemoryEventBus, logBus, serializedEvent } from 'crbus'
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * const stopLogging = logBus(console, bus)
 * await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
 * stopLogging()
 * ```
 */
export function logBus(logger: Logger, bus: EventBus): () => void {
  const stops: (() => void)[] = []
  const isDebug = () => logger.isLevelEnabled?.('debug') ?? true
  const on = <Message extends { readonly bus: EventBus }>(
    channel: Pick<DiagnosticsChannel<Message>, 'subscribe' | 'unsubscribe'>,
    log: (message: Message) => void,
  ) => {
    const listener = (message: Message) => {
      if (message.bus === bus) log(message)
    }
    channel.subscribe(listener)
    stops.push(() => channel.unsubscribe(listener))
  }

  on(diagnostics.busCreated, ({ kind, settings }) => logger.info({ bus: kind, ...settings }, 'bus created'))
  on(diagnostics.busClosed, ({ kind }) => logger.info({ bus: kind }, 'bus closed'))
  on(diagnostics.subscribed, ({ topics, group, autoOffsetReset, bufferSize }) =>
    logger.info(
      { topics, consumer_group: group, auto_offset_reset: autoOffsetReset, buffer_size: bufferSize },
      'subscribed',
    ),
  )
  on(diagnostics.received, ({ received }) => {
    for (const one of received) {
      if (one.ok && !isDebug()) continue
      const { topic, partition, offset } = one.record
      const position = { topic, partition, offset: Number(offset) }
      if (one.ok) logger.debug({ ...position, event_type: one.event.eventType }, 'event received')
      else logger.warn({ ...position, error: one.error.message }, 'record received that cannot be decoded')
    }
  })
  on(diagnostics.outage, ({ topics, group, outage, callerLogs }) => {
    if (callerLogs) return
    const fields = { topics, consumer_group: group }
    if (outage.state === 'lost') logger.warn({ ...fields, error: outage.error.message }, 'bus lost')
    else logger.info({ ...fields, lasted_ms: Math.round(outage.lasted) }, 'bus restored')
  })
  on(publishEnd, ({ topic, events, result = [] }) => {
    if (!isDebug()) return
    for (const [index, { eventType }] of events.entries()) {
      const { partition, offset } = result[index] ?? {}
      if (partition === undefined) continue
      logger.debug({ topic, partition, offset: Number(offset), event_type: eventType }, 'event published')
    }
  })
  on(publishError, ({ topic, events, error, callerLogs }) => {
    if (callerLogs) return
    logger.error({ topic, events: events.length, error: (error as Error).message }, 'publish failed')
  })
  return () => {
    for (const stop of stops.splice(0)) stop()
  }
}

/**
 * Logs the requests that all buses of this process send to Kafka brokers: at debug, or at warn when a request failed. Returns
 * a function that stops the logging.
 *
 * @example
 * ```ts
 * import { logKafkaRequests, RedpandaEventBus } from 'crbus'
 *
 * const stopLogging = logKafkaRequests(console)
 * await using bus = new RedpandaEventBus('127.0.0.1:9092')
 * await bus.admin.listTopics()
 * stopLogging()
 * ```
 */
export function logKafkaRequests(logger: Logger): () => void {
  const listener = ({ broker, request, version, duration, error }: KafkaRequest) => {
    const fields = { broker, request, version, duration_ms: Math.round(duration * 10) / 10 }
    if (error === undefined) logger.debug(fields, 'broker answered')
    else logger.warn({ ...fields, error: error instanceof Error ? error.message : String(error) }, 'request failed')
  }
  diagnostics.kafkaRequest.subscribe(listener)
  return () => diagnostics.kafkaRequest.unsubscribe(listener)
}

type KafkaRequest = Parameters<typeof diagnostics.kafkaRequest.publish>[0]

const publishEnd = diagnostics.publish.asyncEnd as unknown as DiagnosticsChannel<PublishMessage>
const publishError = diagnostics.publish.error as unknown as DiagnosticsChannel<PublishMessage>
