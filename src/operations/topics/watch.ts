import { compareText } from '../../bus/compare.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { globMatcher } from '../../bus/names/glob.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { EventCount } from '../events/event-count.ts'

/** The sizes of a topic at one moment. */
export interface TopicMeasurement {
  readonly topic: string
  readonly partitionCount: number
  /** Number of offsets in the log; an upper bound of the number of events if `counts` is `offsets`. */
  readonly eventCount: bigint
  readonly counts: EventCount
  /** Offsets written per second since the previous measurement. Absent in the first measurement of the topic. */
  readonly rate: number | undefined
  /** The settings that differ from the defaults of the bus. Absent until they are read, or if the caller may not read them. */
  readonly config: ReadonlyMap<string, string> | undefined
}

/** A new measurement of the topics, or the reason why measuring failed. `time` is in milliseconds since 1970. */
export type TopicsUpdate =
  | { readonly ok: true; readonly time: number; readonly topics: readonly TopicMeasurement[] }
  | { readonly ok: false; readonly time: number; readonly reason: string }

interface TopicsWatchRequest {
  /** Names or globs with `*` and `?`. Absent: every topic except the internal ones of the broker. */
  readonly topics?: readonly string[] | undefined
  /** Milliseconds between two updates. */
  readonly interval: number
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Settings take a request for each topic, so each update reads those of at most this number of topics. */
const MAX_DESCRIBED_AT_ONCE = 20

interface Ends {
  /** Milliseconds of a monotonic clock. */
  readonly taken: number
  /** The sum of the ends of all partitions, by topic. */
  readonly byTopic: ReadonlyMap<string, bigint>
}

/**
 * Measures topics repeatedly until the signal aborts. Measures only when the caller takes the next update. After a failure of the
 * bus, yields an update with `ok: false`; the next update tries again.
 */
export async function* watchTopics(bus: EventBus, request: TopicsWatchRequest): AsyncGenerator<TopicsUpdate, void> {
  const { interval, now, signal } = request
  const patterns = request.topics?.map(globMatcher)
  const configs = new Map<string, ReadonlyMap<string, string>>()
  let before: Ends | undefined
  const measure = async (): Promise<TopicsUpdate> => {
    const listed = (await bus.admin.listTopics()).filter(
      ({ topic, internal }) => patterns?.some((matches) => matches(topic)) ?? !internal,
    )
    const names = listed.map(({ topic }) => topic)
    const [ranges, compacted] = await Promise.all([bus.log.rangesOf(names), bus.admin.compactedTopics(names)])
    const taken = performance.now()
    await describeSome(bus, names, configs)
    const sumOf = (topic: string, value: (range: { readonly start: bigint; readonly end: bigint }) => bigint) =>
      (ranges.get(topic) ?? []).reduce((sum, range) => sum + value(range), 0n)
    const byTopic = new Map(names.map((topic) => [topic, sumOf(topic, ({ end }) => end)]))
    const topics = listed.map(({ topic, partitions }): TopicMeasurement => {
      const counts = compacted.has(topic) ? 'offsets' : 'records'
      const eventCount = sumOf(topic, ({ start, end }) => end - start)
      const rate = rateOf(byTopic.get(topic), before?.byTopic.get(topic), taken - (before?.taken ?? 0))
      return { topic, partitionCount: partitions, eventCount, counts, rate, config: configs.get(topic) }
    })
    before = { taken, byTopic }
    return { ok: true, time: now(), topics: topics.sort((a, b) => compareText(a.topic, b.topic)) }
  }
  while (!signal.aborted) {
    const due = performance.now() + interval
    yield await measure().catch((error: unknown): TopicsUpdate => {
      if (error instanceof EventBusError) return { ok: false, time: now(), reason: error.message }
      throw error
    })
    const wait = due - performance.now()
    if (wait > 0) await sleep(wait, signal)
  }
}

/** Returns the events per second between two ends. A topic that was created again may have a smaller end. */
function rateOf(end: bigint | undefined, before: bigint | undefined, milliseconds: number): number | undefined {
  if (end === undefined || before === undefined || milliseconds <= 0) return undefined
  return Math.max(0, (Number(end - before) * 1000) / milliseconds)
}

/** Reads the settings of some topics whose settings are not known yet. A topic that cannot be described is tried again. */
async function describeSome(
  bus: EventBus,
  topics: readonly string[],
  configs: Map<string, ReadonlyMap<string, string>>,
): Promise<void> {
  const unknown = topics.filter((topic) => !configs.has(topic)).slice(0, MAX_DESCRIBED_AT_ONCE)
  const described = await Promise.allSettled(unknown.map((topic) => bus.admin.describeTopic(topic)))
  for (const result of described) {
    if (result.status === 'fulfilled') configs.set(result.value.topic, result.value.config)
    else if (!(result.reason instanceof EventBusError)) throw result.reason
  }
}
