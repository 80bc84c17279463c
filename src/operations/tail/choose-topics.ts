import type { TopicSummary } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { busHints } from '../../bus/hints.ts'
import { globMatcher, isGlob } from '../../bus/names/glob.ts'
import { topicNameError } from '../../bus/names/names.ts'
import { namesLike } from '../../bus/names/names-like.ts'
import { isOutage, type OutageOptions } from '../../bus/outage.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { operationHints } from '../hints.ts'
import { whyMissing } from '../topics/why-missing.ts'
import type { TailNotice } from './notices.ts'

/** Which topics to read, and whether to wait for them. */
export interface TopicRequest extends Pick<OutageOptions, 'onOutage'> {
  /** Names of topics, and globs. When following, topics that match a glob are read also if they are created later. */
  readonly topics: readonly string[]
  /** Whether to wait for new events after the past ones. Ignored by a tail with a `to`. */
  readonly follow: boolean
  readonly signal: AbortSignal
  /** Milliseconds that an outage may last before reading fails. Default: no limit when following, else the limit of the bus. */
  readonly outageLimit?: number | undefined
  /** Called for example when an offset was replaced, when a topic is missing, or when partitions were added. */
  readonly onNotice: (notice: TailNotice) => void
}

/** The topics to read. */
export interface ChosenTopics {
  readonly topics: readonly string[]
  /** Those of the topics that did not exist at first. */
  readonly awaited: ReadonlySet<string>
}

/** Milliseconds between two checks whether missing topics exist now. */
const TOPIC_CHECK_INTERVAL_MS = 50

/**
 * Returns the requested topics, and the topics that match the requested globs. When following, waits for missing topics, because a
 * follower may start before the first event is published; otherwise throws `TOPIC_NOT_FOUND`. A glob has to match a topic in either
 * case. Resolves also after an abort.
 */
export async function chooseTopics(bus: EventBus, request: TopicRequest): Promise<ChosenTopics> {
  const all = await bus.admin.listTopics()
  const named = request.topics.filter((topic) => !isGlob(topic))
  const matching = request.topics.filter(isGlob).flatMap((glob) => matchingTopics(glob, all))
  const missing = named.filter((topic) => !all.some((known) => known.topic === topic))
  await awaitTopics(bus, missing, all, request)
  return { topics: [...new Set([...named, ...matching])], awaited: new Set(missing) }
}

/**
 * Returns a function that says whether a topic matches one of some globs. Internal topics such as `__consumer_offsets` match only
 * globs that begin with `__`. `undefined` if none of the texts is a glob.
 */
export function topicMatcher(texts: readonly string[]): ((topic: TopicSummary) => boolean) | undefined {
  const globs = texts.filter(isGlob).map((glob) => ({ matches: globMatcher(glob), isInternal: glob.startsWith('__') }))
  if (globs.length === 0) return undefined
  return ({ topic, internal }) =>
    globs.some((glob) => glob.matches(topic) && (glob.isInternal || !(internal || topic.startsWith('__'))))
}

/** Returns the topics that match a glob. Throws `TOPIC_NOT_FOUND` with similar names if there is none. */
function matchingTopics(glob: string, all: readonly TopicSummary[]): string[] {
  const matches = topicMatcher([glob])
  const topics = all.filter((topic) => matches?.(topic)).map(({ topic }) => topic)
  if (topics.length > 0) return topics
  const stem = glob.replaceAll(/[*?]/g, '')
  const names = all.filter(({ internal }) => !internal).map(({ topic }) => topic)
  // The wildcards stand for text of any length, so compare with the beginning and the end of each name.
  const similar = names.filter((name) =>
    [name, name.slice(0, stem.length), name.slice(-stem.length)].some((part) => namesLike(stem, [part]).length > 0),
  )
  const hints = similar.length === 0 ? [] : [busHints.similarNames('topic', similar.slice(0, MAX_SIMILAR))]
  throw new EventBusError('TOPIC_NOT_FOUND', `no topic matches '${glob}'`, {
    topic: glob,
    hints: [...hints, busHints.listTopics()],
  })
}

/** The most topics that the error for a glob suggests. */
const MAX_SIMILAR = 3

/** Waits until the missing topics exist. Throws `TOPIC_NOT_FOUND` if the request does not follow. */
async function awaitTopics(
  bus: EventBus,
  missing: readonly string[],
  all: readonly TopicSummary[],
  { follow, signal, onNotice, onOutage, outageLimit = Number.POSITIVE_INFINITY }: TopicRequest,
): Promise<void> {
  const [first] = missing
  if (first === undefined) return
  // A topic with an invalid name can never be created.
  const invalid = missing.map(topicNameError).find((error) => error !== undefined)
  if (invalid !== undefined) throw invalid
  const others = all.filter(({ internal }) => !internal).map(({ topic }) => topic)
  const [similarTopic] = namesLike(first, others)
  if (!follow) {
    const why = await whyMissing(bus, first)
    if (why.code !== 'TOPIC_NOT_FOUND') throw why
    const { code, message, hints } = why
    const similar = similarTopic === undefined ? [] : [operationHints.readTopic(similarTopic)]
    throw new EventBusError(code, message, { topic: first, hints: [...similar, ...hints] })
  }
  onNotice({ code: 'topics-awaited', topics: missing, similar: similarTopic, existing: others.sort() })
  let lostAt: number | undefined
  while (!signal.aborted) {
    await sleep(TOPIC_CHECK_INTERVAL_MS, signal)
    try {
      const ready = await Promise.all(missing.map((topic) => exists(bus, topic)))
      if (lostAt !== undefined) onOutage?.({ state: 'restored', lasted: performance.now() - lostAt })
      lostAt = undefined
      if (ready.every(Boolean)) return
    } catch (error) {
      if (!isOutage(error)) throw error
      if (lostAt === undefined) onOutage?.({ state: 'lost', error })
      lostAt ??= performance.now()
      if (performance.now() - lostAt > outageLimit) throw error
    }
  }
}

const exists = (bus: EventBus, topic: string): Promise<boolean> =>
  bus.log.ranges(topic).then(
    () => true,
    (error: unknown) => {
      if (error instanceof EventBusError && error.code === 'TOPIC_NOT_FOUND') return false
      throw error
    },
  )
