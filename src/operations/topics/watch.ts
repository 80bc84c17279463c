import { compareNumbers, compareText } from '../../bus/compare.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { globMatcher } from '../../bus/names/glob.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { WakeableSleep } from '../../bus/time/wakeable-sleep.ts'
import type { EventCount } from '../events/event-count.ts'
import { type TopicFigures, topicFigures } from './topic-figures.ts'

/** The sizes of a topic at one moment. */
export interface TopicMeasurement {
  readonly topic: string
  readonly partitionCount: number
  /**
   * Number of offsets in the log; an upper bound of the number of events if `counts` is `offsets`. Absent if a partition has no
   * leader.
   */
  readonly eventCount: bigint | undefined
  readonly counts: EventCount
  /** Offsets written per second since the previous measurement. Absent in the first measurement of the topic. */
  readonly rate: number | undefined
  /** Size in bytes, without replicas. Absent if the bus does not know it, or if the caller may not see it. */
  readonly bytes: bigint | undefined
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
  /** Waits between two updates. Default: {@link sleep}. */
  readonly sleep?: WakeableSleep['sleep'] | undefined
  readonly signal: AbortSignal
}

/** Settings take a request for each topic, so each update reads those of at most this number of topics. */
const MAX_DESCRIBED_AT_ONCE = 20
/** The settings of a topic are read again after this number of updates, because they rarely change. */
const UPDATES_BETWEEN_READS = 5

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
  const { interval, now, signal, sleep: wait = sleep } = request
  const patterns = request.topics?.map(globMatcher)
  const settingsOf = settingsReader(bus)
  let before: Ends | undefined
  const measure = async (): Promise<TopicsUpdate> => {
    const listed = (await bus.admin.listTopics()).filter(
      ({ topic, internal }) => patterns?.some((matches) => matches(topic)) ?? !internal,
    )
    const names = listed.map(({ topic }) => topic)
    const [figures, compacted] = await Promise.all([topicFigures(bus, listed), bus.admin.compactedTopics(names)])
    const taken = performance.now()
    const settings = await settingsOf(names)
    const byTopic = new Map(figures.flatMap((one) => (one.leaderless > 0 ? [] : [[one.topic, endOf(one)] as const])))
    const topics = figures.map((one): TopicMeasurement => {
      const { topic, partitionCount, size: bytes } = one
      const counts = compacted.has(topic) ? 'offsets' : 'records'
      const eventCount =
        one.leaderless > 0 ? undefined : one.ranges.reduce((sum, { start, end }) => sum + end - start, 0n)
      const rate = rateOf(byTopic.get(topic), before?.byTopic.get(topic), taken - (before?.taken ?? 0))
      return { topic, partitionCount, eventCount, counts, rate, bytes, config: settings.get(topic) }
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
    const left = due - performance.now()
    if (left > 0) await wait(left, signal)
  }
}

const endOf = ({ ranges }: TopicFigures): bigint => ranges.reduce((sum, { end }) => sum + end, 0n)

/** Returns the events per second between two ends. A topic that was created again may have a smaller end. */
function rateOf(end: bigint | undefined, before: bigint | undefined, milliseconds: number): number | undefined {
  if (end === undefined || before === undefined || milliseconds <= 0) return undefined
  return Math.max(0, (Number(end - before) * 1000) / milliseconds)
}

/** The settings of topics by their names. */
type Settings = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Returns a function that returns the known settings of topics, once for each update. Each call reads those of some topics: first
 * of new topics, then of those that were read longest ago. A topic that cannot be described waits for its next turn as well, so
 * that it does not keep the others from theirs.
 */
function settingsReader(bus: EventBus): (topics: readonly string[]) => Promise<Settings> {
  const known = new Map<string, ReadonlyMap<string, string>>()
  /** The topics that still exist and the update in which their settings were last read. */
  let lastReads = new Map<string, number>()
  let update = 0
  return async (topics) => {
    update += 1
    const lastRead = (topic: string) => lastReads.get(topic) ?? -Infinity
    const due = topics
      .filter((topic) => update - lastRead(topic) >= UPDATES_BETWEEN_READS)
      .sort((a, b) => compareNumbers(lastRead(a), lastRead(b)))
      .slice(0, MAX_DESCRIBED_AT_ONCE)
    const described = await Promise.allSettled(due.map((topic) => bus.admin.describeTopic(topic)))
    for (const result of described) {
      if (result.status === 'fulfilled') known.set(result.value.topic, result.value.config)
      else if (!(result.reason instanceof EventBusError)) throw result.reason
    }
    const wereRead = new Set(due)
    lastReads = new Map(topics.map((topic) => [topic, wereRead.has(topic) ? update : lastRead(topic)]))
    // A topic that is created again later has other settings.
    for (const topic of known.keys()) if (!lastReads.has(topic)) known.delete(topic)
    return known
  }
}
