import type { EventBus } from '../../bus/event-bus.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import { type MetricType, sampleHead, sampleLine } from '../../codecs/prometheus.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { Counts, HandledKind } from './health.ts'

/** Metrics of a running aggregate or saga, as `Running.metrics` returns them. */
export interface RuntimeMetrics extends Counts {
  readonly name: string
  readonly group: string
  /** The outbox, whose messages wait for the bus. */
  readonly outbox: {
    /** Messages of all processes of the group that are stored and not published yet. */
    readonly messages: number
    /** How long the oldest message has waited, in milliseconds; absent for an empty outbox. */
    readonly age?: number | undefined
  }
  /** Timers that are set, of all processes of the group. */
  readonly timers: number
  /** Events on the topics that the group has not acknowledged. */
  readonly lag: number
}

interface Source {
  readonly name: string
  readonly group: string
  readonly topics: readonly string[]
  readonly bus: EventBus
  readonly store: EventStore
  readonly counts: Counts
  readonly now: () => Date
}

/** Reads the metrics of a running aggregate or saga. */
export async function readMetrics({ name, group, topics, bus, store, counts, now }: Source): Promise<RuntimeMetrics> {
  const [{ messages, oldest }, timers, lag] = await Promise.all([
    store.outbox.depth(group),
    store.timers.count(group),
    lagOf(bus, group, topics),
  ])
  const age = oldest && Math.max(0, now().getTime() - oldest.getTime())
  return { name, group, ...structuredClone(counts), outbox: { messages, age }, timers, lag }
}

/**
 * Counts the events that the group has not acknowledged. A partition without a committed offset counts from its oldest event,
 * as with `autoOffsetReset: 'earliest'`.
 */
async function lagOf(bus: EventBus, group: string, topics: readonly string[]): Promise<number> {
  // Committed offsets first, so that a group that commits meanwhile does not appear to be ahead of the log.
  const offsets = await bus.admin.committedOffsets(group, topics)
  const committed = new Map(offsets.map(({ topic, partition, offset }) => [`${topic} ${partition}`, offset]))
  let lag = 0n
  for (const [topic, partitions] of await bus.log.rangesOf(topics)) {
    for (const { partition, start, ...ends } of partitions) {
      const next = committed.get(`${topic} ${partition}`) ?? start
      const waiting = stableEndOf(ends) - (next > start ? next : start)
      if (waiting > 0n) lag += waiting
    }
  }
  return Number(lag)
}

const handledKinds: readonly HandledKind[] = ['reacted', 'repeated', 'nothing', 'rejected']

/**
 * Formats the metrics of aggregates and sagas as Prometheus text, for the `/metrics` endpoint of a service. Counters count
 * from the start of the process; outbox, timers and lag are those of the whole group.
 *
 * @example
 * ```ts
 * import { formatRuntimeMetrics, type Running } from 'crbus'
 *
 * async function metricsPage(services: readonly Running[]): Promise<string> {
 *   return formatRuntimeMetrics(await Promise.all(services.map((service) => service.metrics())))
 * }
 * const page = await metricsPage([])
 * page.split('\n')[0] // => '# HELP crbus_handled_total messages handled, by outcome'
 * ```
 */
export function formatRuntimeMetrics(all: readonly RuntimeMetrics[]): string {
  const metric = (
    [name, type, help]: readonly [string, MetricType, string],
    read: (metrics: RuntimeMetrics) => number | undefined,
  ) =>
    sampleHead(name, help, type) +
    all
      .map((metrics) => {
        const value = read(metrics)
        return value === undefined ? '' : sampleLine(name, { name: metrics.name, group: metrics.group }, value)
      })
      .join('')
  const handled = all.flatMap(({ name, group, handled }) =>
    handledKinds.map((outcome) => sampleLine('crbus_handled_total', { name, group, outcome }, handled[outcome])),
  )
  return [
    sampleHead('crbus_handled_total', 'messages handled, by outcome', 'counter'),
    ...handled,
    metric(['crbus_retried_total', 'counter', 'attempts that failed and were retried'], ({ retried }) => retried),
    metric(
      ['crbus_dead_letters_total', 'counter', 'messages that became dead letters'],
      ({ deadLetters }) => deadLetters,
    ),
    metric(['crbus_published_total', 'counter', 'messages published from the outbox'], ({ published }) => published),
    metric(['crbus_outbox_messages', 'gauge', 'messages that wait for the bus'], ({ outbox }) => outbox.messages),
    metric(['crbus_outbox_age_seconds', 'gauge', 'how long the oldest message has waited for the bus'], ({ outbox }) =>
      outbox.age === undefined ? 0 : outbox.age / 1000,
    ),
    metric(['crbus_timers', 'gauge', 'timers that are set'], ({ timers }) => timers),
    metric(['crbus_lag_events', 'gauge', 'events that the group has not acknowledged'], ({ lag }) => lag),
  ].join('')
}
