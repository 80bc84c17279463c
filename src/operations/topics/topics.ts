import type { NewTopic, TopicDescription } from '../../bus/admin.ts'
import { EventBusError, topicExists } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { isEventTopic, topicNameError } from '../../bus/names/names.ts'
import { type PartitionRange, stableEndOf } from '../../bus/topic-log.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import type { BusIdentity } from '../bus-identity.ts'
import type { EventCount } from '../events/event-count.ts'
import { eventTypeLabel, TOMBSTONE, UNDECODABLE } from '../events/event-type-label.ts'
import {
  readSkippingUnreadable,
  type SkippedRange,
  type UnreadablePartition,
  unreadablePartitions,
} from '../events/skip-unreadable.ts'
import { type OperationHint, operationHints } from '../hints.ts'
import { newestSlices } from './newest-slices.ts'
import { whyMissing } from './why-missing.ts'

export interface TopicOverview {
  readonly topic: string
  readonly partitionCount: number
  readonly replication: number
  /** Number of offsets in the log of all partitions, which is that of the events or, if `counts` is `offsets`, an upper bound. */
  readonly eventCount: bigint
  /** `offsets` if the topic is compacted. */
  readonly counts: EventCount
}

/** Lists every topic with the number of its events. Internal topics of the broker are left out unless requested. */
export async function listTopics(bus: EventBus, { internal = false } = {}): Promise<TopicOverview[]> {
  const topics = (await bus.admin.listTopics()).filter((topic) => internal || !topic.internal)
  const names = topics.map(({ topic }) => topic)
  const [ranges, compacted] = await Promise.all([bus.log.rangesOf(names), bus.admin.compactedTopics(names)])
  return topics.map(({ topic, partitions, replication }) => {
    const eventCount = (ranges.get(topic) ?? []).reduce((sum, { start, end }) => sum + end - start, 0n)
    const counts = compacted.has(topic) ? 'offsets' : 'records'
    return { topic, partitionCount: partitions, replication, eventCount, counts }
  })
}

/** What may be wrong with a topic. src/ui/notes/topic-notes.ts has the sentence for each code. */
export type TopicWarning =
  | { readonly code: 'unconventional-name'; readonly topic: string }
  /**
   * `empty` of the `partitionCount` partitions hold no events. `typesInOnePartition` is the number of event types if each of them
   * was seen in one partition only, which suggests that the event type is the record key; otherwise it is absent.
   */
  | {
      readonly code: 'empty-partitions'
      readonly empty: number
      readonly partitionCount: number
      readonly typesInOnePartition?: number | undefined
    }
  /** `offset` is the start of the oldest open transaction, where read-committed consumers stop. */
  | { readonly code: 'open-transaction'; readonly partition: number; readonly offset: bigint }
  | ({ readonly code: 'unreadable-records' } & UnreadablePartition)

export interface TopicReport extends Omit<TopicDescription, 'layout' | 'partitions'> {
  readonly partitionCount: number
  readonly partitions: readonly (TopicDescription['layout'][number] & {
    readonly start: bigint
    readonly end: bigint
    /** The start of the oldest open transaction; equal to `end` if no transaction is open. */
    readonly lastStable: bigint
  })[]
  /** Event types among the newest records, most frequent first. */
  readonly types: readonly { readonly eventType: string; readonly count: number; readonly partitions: number[] }[]
  /** Number of records that `types` was counted from. */
  readonly sampled: number
  /** `offsets` if the topic is compacted or some of the offsets read hold no record: numbers of events are then upper bounds. */
  readonly counts: EventCount
  readonly warnings: readonly TopicWarning[]
}

/** An event type among the newest records of a topic. */
interface TypeCount {
  count: number
  readonly partitions: Set<number>
}

/** Describes a topic: its settings, the offsets of its partitions, and the event types of its newest `sample` records. */
export async function describeTopic(bus: EventBus, topic: string, sample = 1000): Promise<TopicReport> {
  const { layout, partitions: partitionCount, ...description } = await bus.admin.describeTopic(topic)
  const [ranges, compacted] = await Promise.all([bus.log.ranges(topic), bus.admin.compactedTopics([topic])])
  const slices = newestSlices(topic, ranges, sample)
  const types = new Map<string, TypeCount>()
  let sampled = 0
  const offsets = slices.reduce((sum, { from, to }) => sum + Number(to - from), 0)
  const unreadable: SkippedRange[] = []
  const onUnreadable = (skipped: SkippedRange) => void unreadable.push(skipped)
  for await (const batch of readSkippingUnreadable(bus.log, slices, {}, onUnreadable)) {
    for (const { value, partition } of batch) {
      sampled += 1
      const eventType = eventTypeLabel(value === null ? undefined : decodeEnvelope(value))
      const seen = types.get(eventType) ?? { count: 0, partitions: new Set() }
      seen.count += 1
      seen.partitions.add(partition)
      types.set(eventType, seen)
    }
  }
  return {
    ...description,
    partitionCount,
    partitions: layout.map((own) => {
      const range = ranges.find(({ partition }) => partition === own.partition)
      const { start, end } = range ?? { start: 0n, end: 0n }
      return { ...own, start, end, lastStable: range === undefined ? end : stableEndOf(range) }
    }),
    types: [...types]
      .map(([eventType, { count, partitions }]) => ({
        eventType,
        count,
        partitions: [...partitions].sort((a, b) => a - b),
      }))
      .sort((a, b) => b.count - a.count),
    sampled,
    counts: compacted.has(topic) || sampled < offsets ? 'offsets' : 'records',
    warnings: [
      ...nameWarnings(topic),
      ...(sampled > 0 ? emptyWarnings(ranges, types) : []),
      ...ranges.flatMap(({ partition, lastStable }): TopicWarning[] =>
        lastStable === undefined ? [] : [{ code: 'open-transaction', partition, offset: lastStable }],
      ),
      ...unreadablePartitions(unreadable).map((own): TopicWarning => ({ code: 'unreadable-records', ...own })),
    ],
  }
}

/** Warns of empty partitions, and says whether the event type as record key may be the cause. */
function emptyWarnings(
  ranges: readonly PartitionRange[],
  types: ReadonlyMap<string, Readonly<TypeCount>>,
): TopicWarning[] {
  const empty = ranges.filter(({ start, end }) => start === end).length
  if (empty === 0) return []
  const events = [...types].filter(([name]) => !labels.has(name))
  // An event type in several partitions is not the key, or the publisher chose the partitions.
  const isKeyedByType = events.length > 0 && events.every(([, { partitions }]) => partitions.size === 1)
  const typesInOnePartition = isKeyedByType ? events.length : undefined
  return [{ code: 'empty-partitions', empty, partitionCount: ranges.length, typesInOnePartition }]
}

/** The labels that stand for the event type of records without one. */
const labels: ReadonlySet<string> = new Set([TOMBSTONE, UNDECODABLE])

const nameWarnings = (topic: string): TopicWarning[] =>
  isEventTopic(topic) ? [] : [{ code: 'unconventional-name', topic }]

export interface CreateTopicPlan extends Pick<NewTopic, 'replication' | 'config'> {
  readonly topic: string
  readonly partitionCount: number
  readonly warnings: readonly TopicWarning[]
}

/**
 * Plans a new topic. Throws `INVALID_TOPIC`, `TOPIC_EXISTS`, or `REFUSED` if the cluster has fewer brokers than the topic would
 * have replicas.
 */
export async function planCreateTopic(
  bus: EventBus,
  topic: string,
  options: Omit<CreateTopicPlan, 'topic' | 'warnings'>,
): Promise<CreateTopicPlan> {
  const invalid = topicNameError(topic)
  if (invalid) throw invalid
  if ((await bus.admin.listTopics()).some((known) => known.topic === topic)) throw topicExists(topic)
  const { brokers } = await bus.admin.describeCluster()
  const { replication = 1 } = options
  if (brokers.length > 0 && replication > brokers.length) {
    throw tooFewBrokers(topic, replication, brokers.length, operationHints.fewerReplicas(brokers.length))
  }
  return { topic, ...options, warnings: nameWarnings(topic) }
}

/** Creates the error for a topic with more replicas than the cluster has brokers. */
export function tooFewBrokers(topic: string, replication: number, brokers: number, hint: OperationHint): EventBusError {
  const has = brokers === 1 ? '1 broker' : `${brokers} brokers`
  const message = `topic '${topic}' cannot have ${replication} replicas: the cluster has ${has}`
  return new EventBusError('REFUSED', message, { topic, hints: [hint] })
}

export async function applyCreateTopic(bus: EventBus, plan: CreateTopicPlan): Promise<void> {
  const { topic, partitionCount: partitions, replication, config } = plan
  await bus.admin.createTopic(topic, { partitions, replication, config })
}

export interface DeleteTopicPlan {
  readonly topics: readonly TopicOverview[]
  readonly bus: BusIdentity
}

/**
 * Plans the deletion of topics, with the number of events that would be lost. Throws `TOPIC_NOT_FOUND` for the first missing
 * topic.
 */
export async function planDeleteTopics(bus: EventBus, topics: readonly string[]): Promise<DeleteTopicPlan> {
  const all = new Map((await listTopics(bus, { internal: true })).map((known) => [known.topic, known]))
  const found: TopicOverview[] = []
  for (const topic of topics) {
    const known = all.get(topic)
    if (known === undefined) throw await whyMissing(bus, topic)
    found.push(known)
  }
  const { kind, clusterId } = await bus.admin.describeCluster()
  return { topics: found, bus: { kind, clusterId } }
}

export async function applyDeleteTopics(bus: EventBus, { topics }: DeleteTopicPlan): Promise<void> {
  for (const { topic } of topics) await bus.admin.deleteTopic(topic)
}
