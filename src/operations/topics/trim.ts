import type { TopicPartition } from '../../bus/admin.ts'
import { comparePartitions } from '../../bus/compare.ts'
import { EventBusError, onlyCompacted, transportError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { BusIdentity } from '../bus-identity.ts'
import type { EventCount } from '../events/event-count.ts'
import type { OffsetSpec } from '../offsets/offset-grammar.ts'
import { resolveSlices, type SliceNote } from '../offsets/resolve-slices.ts'
import { isNotAllowed } from './is-not-allowed.ts'

interface TrimRequest {
  readonly topic: string
  /** Default: all partitions. */
  readonly partitions?: readonly number[] | undefined
  /** The position of the first event to keep. */
  readonly before: OffsetSpec
}

/** The deletion of the oldest events of one partition. */
interface TrimStep {
  readonly partition: number
  readonly start: bigint
  /** The offset of the first event to keep. */
  readonly newStart: bigint
  readonly end: bigint
  /** The number of offsets between the old and the new start. */
  readonly eventCount: bigint
}

/** A group that has not read all events that a plan deletes. */
interface UnreadGroup extends TopicPartition {
  readonly group: string
  readonly committed: bigint
  /** The number of the deleted offsets that the group has not read. */
  readonly unreadCount: bigint
}

export interface TrimPlan {
  readonly topic: string
  readonly steps: readonly TrimStep[]
  readonly eventCount: bigint
  /** `offsets` if the topic is compacted, so that some offsets may hold no event. */
  readonly counts: EventCount
  /** Sorted by group and partition. `null` if the user may not read the offsets of groups. */
  readonly unread: readonly UnreadGroup[] | null
  /** How the new starts differ from the request. */
  readonly notes: readonly SliceNote[]
  readonly bus: BusIdentity
}

/**
 * Plans the deletion of the events before a position. Throws `REFUSED` for a topic that is only compacted, of which Kafka does not
 * delete records by offset. Only reads.
 */
export async function planTrim(bus: EventBus, { topic, partitions, before }: TrimRequest): Promise<TrimPlan> {
  const policy = await cleanupPolicy(bus, topic)
  if (policy === 'compact') throw onlyCompacted(topic)
  const request = { topics: [topic], partitions: () => partitions, from: { kind: 'start' }, to: before } as const
  const [{ slices, notes }, ranges] = await Promise.all([resolveSlices(bus.log, request), bus.log.ranges(topic)])
  const endOf = new Map(ranges.map(({ partition, end }) => [partition, end]))
  const steps = slices.map(({ partition, from: start, to: newStart }) => {
    return { partition, start, newStart, end: endOf.get(partition) ?? newStart, eventCount: newStart - start }
  })
  const { kind, clusterId } = await bus.admin.describeCluster()
  return {
    ...{ topic, steps, notes },
    eventCount: steps.reduce((sum, { eventCount }) => sum + eventCount, 0n),
    counts: policy?.includes('compact') ? 'offsets' : 'records',
    unread: await unreadGroups(bus, topic, steps),
    bus: { kind, clusterId },
  }
}

/** Returns the cleanup policy of a topic. `undefined` if the user may not see it: the bus then checks it when it deletes. */
async function cleanupPolicy(bus: EventBus, topic: string): Promise<string | undefined> {
  try {
    const settings = await bus.admin.topicSettings(topic)
    return settings.find(({ name }) => name === 'cleanup.policy')?.value ?? undefined
  } catch (error) {
    if (isNotAllowed(error)) return undefined
    throw error
  }
}

async function unreadGroups(
  bus: EventBus,
  topic: string,
  steps: readonly TrimStep[],
): Promise<readonly UnreadGroup[] | null> {
  const stepOf = new Map(steps.map((step) => [step.partition, step]))
  try {
    const groups = (await bus.admin.listGroups()).map(({ group }) => group)
    const committed = await bus.admin.committedOffsetsOf(groups)
    return groups.flatMap((group, at) =>
      (committed[at] ?? [])
        .flatMap(({ topic: of, partition, offset }): UnreadGroup[] => {
          const step = of === topic ? stepOf.get(partition) : undefined
          if (step === undefined || offset >= step.newStart || step.eventCount === 0n) return []
          const unreadCount = step.newStart - (offset > step.start ? offset : step.start)
          return [{ group, topic, partition, committed: offset, unreadCount }]
        })
        .sort(comparePartitions),
    )
  } catch (error) {
    if (isNotAllowed(error)) return null
    throw error
  }
}

export interface TopicTrimmed {
  /** The starts that were read back from the bus. */
  readonly starts: readonly { readonly partition: number; readonly start: bigint }[]
}

/**
 * Applies a plan and reads the new starts back. Throws `PLAN_STALE` if the topic was created again since the plan was made. After
 * another error, the events of some partitions may be deleted: the error then has the starts as its outcome.
 */
export async function applyTrim(bus: EventBus, { topic, steps }: TrimPlan): Promise<TopicTrimmed> {
  const changed = steps.filter(({ eventCount }) => eventCount > 0n)
  const current = await bus.log.ranges(topic)
  const isStale = changed.some(({ partition, start, end }) => {
    const now = current.find((one) => one.partition === partition)
    return now === undefined || now.end < end || now.start < start
  })
  if (isStale) {
    const message = `topic '${topic}' was created again since the plan was made; nothing was done`
    throw new EventBusError('PLAN_STALE', message, { topic })
  }
  const readBack = async () => {
    const ranges = await bus.log.ranges(topic)
    return ranges
      .filter(({ partition }) => changed.some((step) => step.partition === partition))
      .map(({ partition, start }) => ({ partition, start }))
  }
  try {
    await bus.admin.deleteRecords(topic, new Map(changed.map(({ partition, newStart }) => [partition, newStart])))
  } catch (error) {
    if (!(error instanceof EventBusError)) throw error
    const { code, message, hints, isPassing } = error
    const starts = await readBack().catch(() => [])
    throw new EventBusError(code, message, { topic, hints, isPassing, outcome: { starts }, cause: error })
  }
  const starts = await readBack()
  const kept = changed.find(
    (step) => (starts.find(({ partition }) => partition === step.partition)?.start ?? -1n) < step.newStart,
  )
  if (kept !== undefined) {
    const name = partitionName({ topic, partition: kept.partition })
    throw transportError(`${name} still begins before offset ${kept.newStart}`, { topic, outcome: { starts } })
  }
  return { starts }
}
