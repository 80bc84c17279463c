import type { GroupDescription, TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import { globMatcher, isGlob } from '../events/glob.ts'
import { operationHints } from '../hints.ts'
import type { PartitionOffsets } from './verdict.ts'

/** Which groups and topics to measure. */
export interface LagSelection {
  /** Names, with `*` and `?` as wildcards; a name without them must exist. Absent or empty: all consumer groups. */
  readonly groups?: readonly string[] | undefined
  /**
   * Names, with `*` and `?` as wildcards; groups that neither committed on one of these topics nor read it are left out.
   * Absent or empty: every topic a group committed on or reads.
   */
  readonly topics?: readonly string[] | undefined
}

/** The offsets of a partition and of one group on it, at one moment. */
export interface PartitionSnapshot extends TopicPartition, PartitionOffsets {}

interface GroupSnapshot {
  readonly description: GroupDescription
  readonly partitions: readonly PartitionSnapshot[]
}

/** The groups and their offsets at one moment. */
export interface LagSnapshot {
  /** Milliseconds of a clock that never goes back. */
  readonly taken: number
  readonly groups: readonly GroupSnapshot[]
}

/** Resolves the selection to group names. A name without a wildcard is kept as it is: `takeSnapshot` checks that the group exists. */
export async function chooseGroups(
  bus: EventBus,
  { groups: wanted = [] }: Pick<LagSelection, 'groups'>,
): Promise<readonly string[]> {
  if (wanted.length > 0 && !wanted.some(isGlob)) return [...new Set(wanted)]
  const known = (await bus.admin.listGroups()).filter(isConsumerGroup).map(({ group }) => group)
  const named = wanted.filter((name) => !isGlob(name))
  return [...new Set([...named, ...known.filter(matcher(wanted))])]
}

/** Whether a group commits offsets: consumer groups, and groups without a protocol, which no member has joined. */
const isConsumerGroup = ({ protocolType }: { readonly protocolType: string }): boolean =>
  protocolType === 'consumer' || protocolType === ''

const noSuchGroup = (group: string) =>
  new EventBusError('GROUP_NOT_FOUND', `group '${group}' does not exist`, {
    group,
    hints: [operationHints.measureAll(), operationHints.measureLike(group)],
  })

const matcher = (globs: readonly string[] = []): ((name: string) => boolean) => {
  const patterns = globs.map(globMatcher)
  return (name) => patterns.length === 0 || patterns.some((matches) => matches(name))
}

/**
 * Reads committed offsets and members of the groups, then the ends of the partitions. In this order a group that commits
 * in between does not appear to be beyond the log.
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
  const isWanted = matcher(topics)
  const used = descriptions.map(({ members }, at) => {
    const offsets = new Map<string, Map<number, bigint | undefined>>()
    const note = ({ topic, partition }: TopicPartition, offset: bigint | undefined) => {
      if (!isWanted(topic)) return
      const own = offsets.get(topic) ?? new Map<number, bigint | undefined>()
      offsets.set(topic, own)
      own.set(partition, offset ?? own.get(partition))
    }
    for (const position of committed[at] ?? []) note(position, position.offset)
    for (const assigned of members.flatMap(({ assignment }) => assignment)) note(assigned, undefined)
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

/** Every partition of the topics a group uses, including those it never committed on: a new partition may have no reader. */
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
