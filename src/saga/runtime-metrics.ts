import type { EventBus } from '../bus/event-bus.ts'
import { stableEndOf } from '../bus/topic-log.ts'
import { type MetricType, sampleHead, sampleLine } from '../codecs/prometheus.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Counts, HandledKind } from './watch.ts'

/** An aggregate or a saga in numbers. */
export interface RuntimeMetrics extends Counts {
  readonly name: string
  readonly group: string
  readonly outbox: {
    /** Messages that are stored and not on the bus yet, of all processes of the group. */
    readonly messages: number
    /** Milliseconds that the oldest has waited; absent when there is none. */
    readonly age?: number | undefined
  }
  /** Timers that are set, of all processes of the group. */
  readonly timers: number
  /** Events on its topics that the group has not acknowledged. */
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

export async function readMetrics({ name, group, topics, bus, store, counts, now }: Source): Promise<RuntimeMetrics> {
  const [{ messages, oldest }, timers, lag] = await Promise.all([
    store.outbox.depth(group),
    store.timers.count(group),
    lagOf(bus, group, topics),
  ])
  const age = oldest && Math.max(0, now().getTime() - oldest.getTime())
  return { name, group, ...structuredClone(counts), outbox: { messages, age }, timers, lag }
}

/** A partition without a committed offset counts from its oldest event, as `autoOffsetReset: 'earliest'` does. */
async function lagOf(bus: EventBus, group: string, topics: readonly string[]): Promise<number> {
  // Committed offsets first: a group that goes on meanwhile must not seem to be ahead of the log.
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
 * Metrics of aggregates and sagas in Prometheus's text format, for a service's `/metrics`. Counters count since the process
 * started; outbox, timers and lag are of the group, whichever process asks.
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
    metric(['crbus_retried_total', 'counter', 'attempts that failed and are made again'], ({ retried }) => retried),
    metric(['crbus_dead_letters_total', 'counter', 'messages given up'], ({ deadLetters }) => deadLetters),
    metric(['crbus_published_total', 'counter', 'messages that the bus took'], ({ published }) => published),
    metric(['crbus_outbox_messages', 'gauge', 'messages that wait for the bus'], ({ outbox }) => outbox.messages),
    metric(['crbus_outbox_age_seconds', 'gauge', 'how long the oldest of them has waited'], ({ outbox }) =>
      outbox.age === undefined ? 0 : outbox.age / 1000,
    ),
    metric(['crbus_timers', 'gauge', 'timers that are set'], ({ timers }) => timers),
    metric(['crbus_lag_events', 'gauge', 'events that the group has not acknowledged'], ({ lag }) => lag),
  ].join('')
}
