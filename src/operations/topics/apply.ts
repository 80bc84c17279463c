import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'

/** What a topic is to be like. What is not said stays as it is, or as the bus has it by default. */
export interface DeclaredTopic {
  readonly partitions: number | undefined
  readonly replication: number | undefined
  /** Milliseconds. */
  readonly retention: number | undefined
}

interface TopicChange {
  readonly topic: string
  readonly partitions?: { readonly from: number; readonly to: number } | undefined
  /** As the topic's setting `retention.ms`; `from` is absent where the bus's own goes. */
  readonly retention?: { readonly from: string | undefined; readonly to: string } | undefined
}

export interface TopicsApplyPlan {
  readonly create: readonly (DeclaredTopic & { readonly topic: string })[]
  readonly change: readonly TopicChange[]
  /** Topics that are as declared. */
  readonly same: readonly string[]
  /** What is declared and cannot be had, and what somebody should know before. */
  readonly notes: readonly { readonly topic: string; readonly note: string }[]
}

/**
 * Compares declared topics with those of the bus. Topics are made, given more partitions and another retention; nothing
 * is deleted, and no partition taken away. Reads only.
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
    notes: [] as { topic: string; note: string }[],
  }
  for (const [topic, wanted] of [...declared].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!known.has(topic)) {
      const { replication = 1 } = wanted
      if (brokers.length > 0 && replication > brokers.length) throw tooFewBrokers(topic, replication, brokers.length)
      plan.create.push({ topic, ...wanted })
      continue
    }
    const { change, notes } = compare(wanted, await bus.admin.describeTopic(topic))
    if (change.partitions === undefined && change.retention === undefined) plan.same.push(topic)
    else plan.change.push({ topic, ...change })
    plan.notes.push(...notes.map((note) => ({ topic, note })))
  }
  return plan
}

interface Found {
  readonly partitions: number
  readonly replication: number
  readonly config: ReadonlyMap<string, string>
}

function compare({ partitions, replication, retention }: DeclaredTopic, found: Found) {
  const notes: string[] = []
  const change: { partitions?: TopicChange['partitions']; retention?: TopicChange['retention'] } = {}
  if (partitions !== undefined && partitions < found.partitions) {
    notes.push(`it has ${found.partitions} partitions, ${partitions} declared; none are taken away`)
  }
  if (partitions !== undefined && partitions > found.partitions) {
    change.partitions = { from: found.partitions, to: partitions }
    notes.push('with more partitions an event type may go to another one: its old and new events are read in no order')
  }
  if (replication !== undefined && replication !== found.replication) {
    notes.push(`it has ${found.replication} replicas, ${replication} declared; that is for the cluster's own tools`)
  }
  const [from, to] = [found.config.get(RETENTION), retention === undefined ? undefined : `${retention}`]
  if (to !== undefined && to !== from) change.retention = { from, to }
  return { change, notes }
}

const RETENTION = 'retention.ms'

function tooFewBrokers(topic: string, replication: number, brokers: number): EventBusError {
  const has = brokers === 1 ? 'is 1 broker' : `are ${brokers} brokers`
  return new EventBusError('REFUSED', `there ${has} for the ${replication} replicas declared of '${topic}'`, {
    topic,
    suggestions: [`"replication": ${brokers} in crbus.json`],
  })
}

export interface TopicsApplied {
  readonly created: readonly string[]
  readonly changed: readonly string[]
}

/** Carries a plan out, topic by topic. Each is there, or changed, for everybody when the next one begins. */
export async function applyTopics(bus: EventBus, { create, change }: TopicsApplyPlan): Promise<TopicsApplied> {
  for (const { topic, partitions, replication, retention } of create) {
    const config = retention === undefined ? {} : { [RETENTION]: `${retention}` }
    await bus.admin.createTopic(topic, { partitions, replication, config })
  }
  for (const { topic, partitions, retention } of change) {
    if (partitions !== undefined) await bus.admin.addPartitions(topic, partitions.to)
    if (retention !== undefined) await bus.admin.setTopicConfig(topic, { [RETENTION]: retention.to })
  }
  return { created: create.map(({ topic }) => topic), changed: change.map(({ topic }) => topic) }
}
