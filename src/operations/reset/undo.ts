import type { CommitDetails, TopicPartition } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { BusIdentity } from '../bus-identity.ts'
import { detailsOf } from '../offsets/commit-details.ts'
import { computeEffects, type StepOffsets } from './effects.ts'
import type { ResetNote } from './notes.ts'
import type { ResetPlan } from './plan.ts'
import { requireSameBus } from './preconditions.ts'

/** The committed offsets of a group before a change, to restore them. */
export interface UndoRecord {
  readonly group: string
  readonly bus: BusIdentity
  /** A short description of the change, such as `reset to start`. */
  readonly did: string
  /** RFC 3339. */
  readonly savedAt: string
  /** Whether the change created the group. */
  readonly madeGroup: boolean
  readonly offsets: readonly UndoOffset[]
}

/** The committed offset of a partition before and after the change. `null`: no offset is committed. */
interface UndoOffset extends TopicPartition {
  readonly before: bigint | null
  readonly after: bigint | null
  /**
   * The metadata and leader epoch committed with `before`. Absent in files of earlier crbus versions, which did not save them.
   */
  readonly beforeDetails?: CommitDetails | undefined
}

/**
 * Plans to restore exactly the offsets of an undo record, including offsets outside the log. Where no offset was committed, the
 * offset is deleted. A group that the change created is deleted, unless it has committed offsets on other partitions since.
 * Throws `REFUSED` if the record was saved on another bus.
 */
export async function planUndo(bus: EventBus, record: UndoRecord, now: number): Promise<ResetPlan> {
  const { group, offsets } = record
  await requireSameBus(bus, record.bus, 'the undo file')
  const committed = await bus.admin.committedOffsets(group)
  const current = new Map(committed.map((position) => [partitionName(position), position]))
  const known = new Set(offsets.map(partitionName))
  const description = await bus.admin.describeGroup(group)
  const topics = new Set(offsets.map(({ topic }) => topic))
  const ranges = await bus.log.rangesOf([...topics])
  const missing = [...topics]
    .filter((topic) => !ranges.has(topic))
    .map((topic): ResetNote => ({ code: 'undo-topic-missing', topic }))
  const steps = offsets
    .map(({ topic, partition, before, beforeDetails }): StepOffsets => {
      const range = ranges.get(topic)?.find((one) => one.partition === partition)
      const own = current.get(partitionName({ topic, partition }))
      const from = own?.offset ?? null
      const fromDetails = detailsOf(own)
      // Files of earlier crbus versions have no details. If the offset does not change, keep the committed details.
      const toDetails = beforeDetails === undefined && from === before ? fromDetails : detailsOf(beforeDetails)
      return { topic, partition, range, from, to: before, fromDetails, toDetails, clamped: null }
    })
    .filter(({ range }) => range !== undefined)
  const moved = offsets.flatMap(({ topic, partition, after }): ResetNote[] => {
    const offset = current.get(partitionName({ topic, partition }))?.offset ?? null
    return offset === after ? [] : [{ code: 'moved-since', topic, partition, from: after, to: offset }]
  })
  const { effects, notes } = await computeEffects(bus, steps, undefined)
  const { clusterId, kind } = record.bus
  const isKnown = description.state !== 'Dead' || committed.length > 0
  return {
    group,
    bus: { kind, clusterId },
    to: `offsets before: ${record.did}`,
    plannedAt: new Date(now).toISOString(),
    state: description.state,
    memberIds: description.members.map(({ memberId }) => memberId),
    makesGroup: !isKnown,
    removesGroup: record.madeGroup && isKnown && committed.every((position) => known.has(partitionName(position))),
    isExact: true,
    ...effects,
    notes: [...missing, ...moved, ...notes],
  }
}
