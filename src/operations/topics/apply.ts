import { compareText } from '../../bus/compare.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { operationHints } from '../hints.ts'
import { applyAddPartitions, type PartitionGrowth } from './add-partitions.ts'
import { type ExpectedDeletion, expectedDeletions } from './expected-deletions.ts'
import { tooFewBrokers } from './topics.ts'

/**
 * The declared settings of a topic. `undefined` keeps the value of an existing topic, or takes the default of the bus for a new
 * one.
 */
export interface DeclaredTopic {
  readonly partitions: number | undefined
  readonly replication: number | undefined
  /** Milliseconds. */
  readonly retention: number | undefined
}

/** The changes to an existing topic. An absent setting does not change. */
interface TopicChange {
  readonly topic: string
  readonly partitions?: PartitionGrowth | undefined
  /** Values of the topic setting `retention.ms`. `from` is absent if the topic has the default of the cluster. */
  readonly retention?: { readonly from: string | undefined; readonly to: string } | undefined
}

/**
 * A difference that a plan cannot change, or a consequence of a change. src/ui/notes/topic-notes.ts has the sentence for each
 * code.
 */
export type TopicsApplyNote = { readonly topic: string } & (
  | { readonly code: 'fewer-partitions-declared'; readonly partitionCount: number; readonly declared: number }
  /** Adding partitions changes the partition of many keys. */
  | { readonly code: 'partitions-added'; readonly from: number; readonly to: number }
  | { readonly code: 'replication-differs'; readonly replication: number; readonly declared: number }
)

export interface TopicsApplyPlan {
  readonly create: readonly (DeclaredTopic & { readonly topic: string })[]
  readonly change: readonly TopicChange[]
  /** Topics that need no change. */
  readonly same: readonly string[]
  readonly notes: readonly TopicsApplyNote[]
}

/**
 * Plans the changes that make the topics of the bus match their declarations. The plan creates topics, adds partitions and
 * changes retention; it never deletes topics or removes partitions. Only reads. Throws `REFUSED` if a topic needs more brokers.
 */
export async function planTopicsApply(
  bus: EventBus,
  declared: ReadonlyMap<string, DeclaredTopic>,
): Promise<TopicsApplyPlan> {
  const known = new Set((await bus.admin.listTopics()).map(({ topic }) => topic))
  const { brokers } = await bus.admin.describeCluster()
  const plan = {
    create: [] as (DeclaredTopic & { topic: string })[],
    change: [] as TopicChange[],
    same: [] as string[],
    notes: [] as TopicsApplyNote[],
  }
  for (const [topic, wanted] of [...declared].sort(([a], [b]) => compareText(a, b))) {
    if (!known.has(topic)) {
      const { replication = 1 } = wanted
      if (brokers.length > 0 && replication > brokers.length) {
        throw tooFewBrokers(topic, replication, brokers.length, operationHints.declareReplicas(brokers.length))
      }
      plan.create.push({ topic, ...wanted })
      continue
    }
    const { change, notes } = compare(topic, wanted, await bus.admin.describeTopic(topic))
    if (change.partitions === undefined && change.retention === undefined) plan.same.push(topic)
    else plan.change.push({ topic, ...change })
    for (const note of notes) plan.notes.push(note)
  }
  return plan
}

/** Returns what the shorter retentions of a plan delete. Only reads. `now` is in milliseconds since 1970. */
export async function deletionsByApply(
  bus: EventBus,
  { change }: TopicsApplyPlan,
  now: number,
): Promise<readonly ExpectedDeletion[]> {
  const found = change.map(async ({ topic, retention }) => {
    if (retention === undefined) return []
    const settings = await bus.admin.topicSettings(topic)
    const before = new Map(settings.map(({ name, value }) => [name, value]))
    return expectedDeletions(bus, topic, [before, new Map([...before, [RETENTION, retention.to]])], now)
  })
  return (await Promise.all(found)).flat()
}

interface ExistingTopic {
  readonly partitions: number
  readonly replication: number
  readonly config: ReadonlyMap<string, string>
}

function compare(topic: string, { partitions, replication, retention }: DeclaredTopic, existing: ExistingTopic) {
  const notes: TopicsApplyNote[] = []
  const change: { partitions?: TopicChange['partitions']; retention?: TopicChange['retention'] } = {}
  if (partitions !== undefined && partitions < existing.partitions) {
    notes.push({
      topic,
      code: 'fewer-partitions-declared',
      partitionCount: existing.partitions,
      declared: partitions,
    })
  }
  if (partitions !== undefined && partitions > existing.partitions) {
    change.partitions = { from: existing.partitions, to: partitions }
    notes.push({ topic, code: 'partitions-added', ...change.partitions })
  }
  if (replication !== undefined && replication !== existing.replication) {
    notes.push({ topic, code: 'replication-differs', replication: existing.replication, declared: replication })
  }
  const [from, to] = [existing.config.get(RETENTION), retention === undefined ? undefined : `${retention}`]
  if (to !== undefined && to !== from) change.retention = { from, to }
  return { change, notes }
}

const RETENTION = 'retention.ms'

export interface TopicsApplied {
  readonly created: readonly string[]
  readonly changed: readonly string[]
}

/** Applies a plan topic by topic, one change after the other. */
export async function applyTopics(bus: EventBus, { create, change }: TopicsApplyPlan): Promise<TopicsApplied> {
  for (const { topic, partitions, replication, retention } of create) {
    const config = retention === undefined ? {} : { [RETENTION]: `${retention}` }
    await bus.admin.createTopic(topic, { partitions, replication, config })
  }
  for (const { topic, partitions, retention } of change) {
    if (partitions !== undefined) await applyAddPartitions(bus, topic, partitions)
    if (retention !== undefined) await bus.admin.setTopicConfig(topic, { [RETENTION]: retention.to })
  }
  return { created: create.map(({ topic }) => topic), changed: change.map(({ topic }) => topic) }
}
