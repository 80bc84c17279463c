import type { ClusterDescription, NewTopic, TopicDescription } from '../../bus/admin.ts'
import { EventBusError, topicExists, topicNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { isEventTopic, topicNameError } from '../../bus/names/names.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import type { EventCount } from '../events/event-count.ts'
import { type LeftOut, leftOutReasons, readOver } from '../events/read-over.ts'

export interface TopicOverview {
  readonly topic: string
  readonly partitions: number
  readonly replication: number
  /** Events the log holds now: end minus start, over all partitions; at most so many where `counts` is `offsets`. */
  readonly events: bigint
  /** `offsets` where the topic is compacted. */
  readonly counts: EventCount
}

/** Every topic with the events it holds. Topics the broker made for itself are left out unless asked for. */
export async function listTopics(bus: EventBus, { internal = false } = {}): Promise<TopicOverview[]> {
  const topics = (await bus.admin.listTopics()).filter((topic) => internal || !topic.internal)
  const names = topics.map(({ topic }) => topic)
  const [ranges, compacted] = await Promise.all([bus.log.rangesOf(names), bus.admin.compactedTopics(names)])
  return topics.map(({ topic, partitions, replication }) => {
    const events = (ranges.get(topic) ?? []).reduce((sum, { start, end }) => sum + end - start, 0n)
    const counts = compacted.has(topic) ? 'offsets' : 'records'
    return { topic, partitions, replication, events, counts }
  })
}

export interface TopicReport extends Omit<TopicDescription, 'layout'> {
  readonly layout: readonly (TopicDescription['layout'][number] & {
    readonly start: bigint
    readonly end: bigint
    /** Where the oldest open transaction begins: `end` without one. */
    readonly lastStable: bigint
  })[]
  /** Event types among the newest records looked at, most frequent first. */
  readonly types: readonly { readonly eventType: string; readonly count: number; readonly partitions: number[] }[]
  /** How many records `types` was counted from. */
  readonly sampled: number
  /** `offsets` where the topic is compacted, or the records looked at are fewer than their offsets: at most so many events. */
  readonly counts: EventCount
  readonly warnings: readonly string[]
}

/** A topic with its ranges, and what its newest records say of types and of their spread over partitions. */
export async function describeTopic(bus: EventBus, topic: string, sample = 1000): Promise<TopicReport> {
  const description = await bus.admin.describeTopic(topic)
  const [ranges, compacted] = await Promise.all([bus.log.ranges(topic), bus.admin.compactedTopics([topic])])
  const each = BigInt(Math.ceil(sample / Math.max(1, ranges.length)))
  const slices = ranges
    .map(({ partition, start, ...ends }) => {
      const to = stableEndOf(ends)
      return { topic, partition, from: to - each > start ? to - each : start, to }
    })
    .filter(({ from, to }) => from < to)
  const types = new Map<string, { count: number; partitions: Set<number> }>()
  let sampled = 0
  const width = slices.reduce((sum, { from, to }) => sum + Number(to - from), 0)
  const unreadable: LeftOut[] = []
  const leaveOut = (leftOut: LeftOut) => void unreadable.push(leftOut)
  for await (const batch of readOver(bus.log, slices, {}, leaveOut)) {
    for (const { value, partition } of batch) {
      sampled += 1
      const decoded = value === null ? undefined : decodeEnvelope(value)
      const eventType = value === null ? TOMBSTONE : decoded?.ok ? decoded.event.eventType : UNDECODABLE
      const seen = types.get(eventType) ?? { count: 0, partitions: new Set() }
      seen.count += 1
      seen.partitions.add(partition)
      types.set(eventType, seen)
    }
  }
  const busy = ranges.filter(({ start, end }) => end > start).length
  const warnings = [
    ...nameWarnings(topic),
    ...(sampled > 0 && busy < ranges.length ? [emptyWarning(ranges.length - busy, ranges.length, types)] : []),
    ...ranges.flatMap(({ partition, lastStable }) =>
      lastStable === undefined
        ? []
        : [`a transaction is open in partition ${partition} at offset ${lastStable}: read-committed consumers wait`],
    ),
    ...leftOutReasons(unreadable).map((reason) => `${reason}; events that cannot be read are left out of the types`),
  ]
  return {
    ...description,
    layout: description.layout.map((place) => {
      const range = ranges.find(({ partition }) => partition === place.partition)
      const { start, end } = range ?? { start: 0n, end: 0n }
      return { ...place, start, end, lastStable: range === undefined ? end : stableEndOf(range) }
    }),
    types: [...types]
      .map(([eventType, { count, partitions }]) => ({
        eventType,
        count,
        partitions: [...partitions].sort((a, b) => a - b),
      }))
      .sort((a, b) => b.count - a.count),
    sampled,
    counts: compacted.has(topic) || sampled < width ? 'offsets' : 'records',
    warnings,
  }
}

function emptyWarning(
  empty: number,
  all: number,
  types: ReadonlyMap<string, { readonly partitions: ReadonlySet<number> }>,
): string {
  const events = [...types].filter(([name]) => !pseudoTypes.has(name))
  const said = `${empty} of ${all} partitions ${empty === 1 ? 'is' : 'are'} empty`
  // Somebody chooses keys or partitions by something else.
  if (events.length === 0 || events.some(([, { partitions }]) => partitions.size > 1)) return said
  const seen =
    events.length === 1 ? 'the one seen has one partition' : `the ${events.length} seen have one partition each`
  return `${said}: the key is the event type unless another is given, and ${seen}`
}

const TOMBSTONE = '(tombstone)'
const UNDECODABLE = '(undecodable)'
/** What stands among event types for records without an event. */
const pseudoTypes: ReadonlySet<string> = new Set([TOMBSTONE, UNDECODABLE])

const nameWarnings = (topic: string): string[] =>
  isEventTopic(topic) ? [] : [`'${topic}' does not follow the convention {aggregate}-events, such as order-events`]

export interface CreateTopicPlan extends NewTopic {
  readonly topic: string
  readonly warnings: readonly string[]
}

/** Looks before creating. `INVALID_TOPIC` or `TOPIC_EXISTS` when it cannot be. */
export async function planCreateTopic(bus: EventBus, topic: string, options: NewTopic): Promise<CreateTopicPlan> {
  const invalid = topicNameError(topic)
  if (invalid) throw invalid
  if ((await bus.admin.listTopics()).some((known) => known.topic === topic)) throw topicExists(topic)
  const { brokers } = await bus.admin.describeCluster()
  const { replication = 1 } = options
  if (brokers.length > 0 && replication > brokers.length) {
    const has = brokers.length === 1 ? 'is 1 broker' : `are ${brokers.length} brokers`
    throw new EventBusError('REFUSED', `there ${has} for ${replication} replicas of '${topic}'`, {
      topic,
      suggestions: [`--replication ${brokers.length}`],
    })
  }
  return { topic, ...options, warnings: nameWarnings(topic) }
}

export async function applyCreateTopic(bus: EventBus, { topic, ...options }: CreateTopicPlan): Promise<void> {
  await bus.admin.createTopic(topic, options)
}

export interface DeleteTopicPlan {
  readonly topics: readonly TopicOverview[]
  readonly cluster: ClusterDescription
}

/** What deleting would lose. `TOPIC_NOT_FOUND` names the first topic that is not there. */
export async function planDeleteTopics(bus: EventBus, topics: readonly string[]): Promise<DeleteTopicPlan> {
  const all = await listTopics(bus, { internal: true })
  const found = topics.map((topic) => {
    const known = all.find((one) => one.topic === topic)
    if (!known) throw topicNotFound(topic)
    return known
  })
  return { topics: found, cluster: await bus.admin.describeCluster() }
}

export async function applyDeleteTopics(bus: EventBus, { topics }: DeleteTopicPlan): Promise<void> {
  for (const { topic } of topics) await bus.admin.deleteTopic(topic)
}
