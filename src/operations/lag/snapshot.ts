import type { GroupDescription, TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { isGlob, matchesSome } from '../../bus/names/glob.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import { operationHints } from '../hints.ts'
import type { PartitionOffsets } from './verdict.ts'

/** Which groups and topics to measure. */
export interface LagSelection {
  /**
   * Names or globs with `*` and `?`. A group that is named without a wildcard must exist. Absent or empty: all consumer groups.
   */
  readonly groups?: readonly string[] | undefined
  /**
   * Names or globs with `*` and `?`. Groups that neither read one of these topics nor have a committed offset on it are left out.
   * Absent or empty: every topic that a group reads or has a committed offset on.
   */
  readonly topics?: readonly string[] | undefined
}

/** A partition, with its offsets and the committed offset of one group, at one moment. */
export interface PartitionSnapshot extends TopicPartition, PartitionOffsets {}

interface GroupSnapshot {
  readonly description: GroupDescription
  readonly partitions: readonly PartitionSnapshot[]
}

/** The groups and their offsets at one moment. */
export interface LagSnapshot {
  /** Milliseconds of a monotonic clock. */
  readonly taken: number
  readonly groups: readonly GroupSnapshot[]
}

/** Resolves the selection to group names. Does not check that a group named without a wildcard exists; `takeSnapshot` does. */
export async function chooseGroups(
  bus: EventBus,
  { groups: wanted = [] }: Pick<LagSelection, 'groups'>,
): Promise<readonly string[]> {
  if (wanted.length > 0 && !wanted.some(isGlob)) return [...new Set(wanted)]
  const known = (await bus.admin.listGroups()).filter(isConsumerGroup).map(({ group }) => group)
  const named = wanted.filter((name) => !isGlob(name))
  return [...new Set([...named, ...known.filter(matchesSome(wanted))])]
}

/** Whether a group commits offsets. A group that no member has joined has no protocol type, but may have offsets. */
const isConsumerGroup = ({ protocolType }: { readonly protocolType: string }): boolean =>
  protocolType === 'consumer' || protocolType === ''

const noSuchGroup = (group: string) =>
  new EventBusError('GROUP_NOT_FOUND', `group '${group}' does not exist`, {
    group,
    hints: [operationHints.measureAll(), operationHints.measureLike(group)],
  })

/**
 * Reads the committed offsets and members of the groups, then the ends of the partitions. In this order, a group that commits in
 * between does not appear to be beyond the end of the log. Throws `GROUP_NOT_FOUND` for a missing group that `groups` names.
 */
export async function takeSnapshot(
  bus: EventBus,
  groups: readonly string[],
  { groups: named = [], topics = [] }: LagSelection,
): Promise<LagSnapshot> {
  const [committed, descriptions] = await Promise.all([
    bus.admin.committedOffsetsOf(groups),
    bus.admin.describeGroups(groups),
  ])
  const missing = descriptions.find(({ group, state }, at) => {
    return state === 'Dead' && committed[at]?.length === 0 && named.includes(group)
  })
  if (missing !== undefined) throw noSuchGroup(missing.group)
  const isWanted = matchesSome(topics)
  // For each group, the partitions that it reads or has a committed offset on, by topic.
  const used = descriptions.map(({ members }, at) => {
    const offsets = new Map<string, Map<number, bigint | undefined>>()
    const add = ({ topic, partition }: TopicPartition, offset: bigint | undefined) => {
      if (!isWanted(topic)) return
      const own = offsets.get(topic) ?? new Map<number, bigint | undefined>()
      offsets.set(topic, own)
      own.set(partition, offset ?? own.get(partition))
    }
    for (const position of committed[at] ?? []) add(position, position.offset)
    for (const assigned of members.flatMap(({ assignment }) => assignment)) add(assigned, undefined)
    return offsets
  })
  const found = await bus.log.rangesOf([...new Set(used.flatMap((offsets) => [...offsets.keys()]))])
  const ranges = new Map(
    [...found].map(([topic, own]) => [topic, new Map(own.map((range) => [range.partition, range]))]),
  )
  const all = descriptions.map((description, at) => ({
    description,
    partitions: partitionsOf(used[at] ?? new Map(), ranges),
  }))
  const selected = topics.length === 0 ? all : all.filter(({ partitions }) => partitions.length > 0)
  return { taken: performance.now(), groups: selected }
}

/** Lists every partition of the topics that a group uses. Includes partitions without a commit, which may have no reader yet. */
function partitionsOf(
  used: ReadonlyMap<string, ReadonlyMap<number, bigint | undefined>>,
  ranges: ReadonlyMap<string, ReadonlyMap<number, PartitionRange>>,
): PartitionSnapshot[] {
  return [...used].flatMap(([topic, offsets]) => {
    const known = ranges.get(topic)
    const partitions = [...new Set([...offsets.keys(), ...(known?.keys() ?? [])])].sort((a, b) => a - b)
    return partitions.map((partition) => {
      const { start, end, lastStable } = known?.get(partition) ?? {}
      return { topic, partition, committed: offsets.get(partition), start, end, lastStable }
    })
  })
}
