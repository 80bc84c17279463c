import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { detailsOf } from '../offsets/commit-details.ts'
import type { UndoRecord } from './apply.ts'
import { type Move, type ResetPlan, requireSameBus, withEffects } from './effects.ts'

/**
 * Back to what an undo record holds, exactly: offsets that were beyond the log too, and none where there was none.
 * A group the change had made is deleted, unless it has committed elsewhere since.
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
  const gone = [...topics]
    .filter((topic) => !ranges.has(topic))
    .map((topic) => `topic '${topic}' does not exist any more: its offsets stay forgotten`)
  const moves = offsets
    .map(({ topic, partition, before, beforeDetails }): Move => {
      const range = ranges.get(topic)?.find((one) => one.partition === partition)
      const own = current.get(partitionName({ topic, partition }))
      const from = own?.offset ?? null
      const fromDetails = detailsOf(own)
      // Records of earlier versions do not tell: nothing is taken away then where the offset stays.
      const toDetails = beforeDetails === undefined && from === before ? fromDetails : detailsOf(beforeDetails)
      return { topic, partition, range, from, to: before, fromDetails, toDetails, clamped: null }
    })
    .filter(({ range }) => range !== undefined)
  const since = offsets.flatMap(({ after, ...place }) => {
    const is = current.get(partitionName(place))?.offset ?? null
    return is === after ? [] : [`${partitionName(place)} has moved from ${after ?? 'none'} to ${is ?? 'none'} since`]
  })
  const { effects, notes } = await withEffects(bus, moves, undefined)
  const { clusterId, kind } = record.bus
  const isKnown = description.state !== 'Dead' || committed.length > 0
  return {
    group,
    bus: { kind, clusterId },
    to: `what was before: ${record.did}`,
    plannedAt: now,
    state: description.state,
    members: description.members.map(({ memberId }) => memberId),
    makesGroup: !isKnown,
    removesGroup: record.madeGroup && isKnown && committed.every((position) => known.has(partitionName(position))),
    isExact: true,
    ...effects,
    notes: [...gone, ...since, ...notes],
  }
}
