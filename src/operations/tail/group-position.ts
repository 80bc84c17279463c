import { EventBusError, groupNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { type LogSlice, stableEndOf } from '../../bus/topic-log.ts'
import type { EventView } from '../events/event-view.ts'
import { operationHints } from '../hints.ts'
import type { PartitionChoice } from '../offsets/resolve-slices.ts'
import { byTime } from './by-time.ts'
import { chooseTopics, type TopicRequest } from './choose-topics.ts'
import type { TailNotice } from './notices.ts'
import { type Passing, passingViews } from './passing-views.ts'

/** Which events at the position of a group to show. */
export interface GroupPositionRequest extends Omit<TopicRequest, 'follow'>, Passing {
  readonly group: string
  /** Partitions of each topic. Absent: all. */
  readonly partitions?: PartitionChoice | undefined
  /** The number of events of each partition. */
  readonly count: number
}

/**
 * Returns the events that a group would read next, without joining it: of each partition, the first `count` events from the committed
 * offset on that pass the filter. Sorted by time. Reports the partitions without such an event as notices. Throws `GROUP_NOT_FOUND`
 * for a group that does not exist, and `REFUSED` for a group that has committed nothing on the topics.
 */
export async function readGroupPosition(bus: EventBus, request: GroupPositionRequest): Promise<readonly EventView[]> {
  const { topics } = await chooseTopics(bus, { ...request, follow: false })
  const slices = await slicesOf(bus, topics, request)
  const perPartition = await Promise.all(slices.map((slice) => firstPassing(bus, slice, request)))
  return perPartition.flat().sort(byTime)
}

/** Returns the slices from the committed offsets to the ends of the partitions. */
async function slicesOf(
  bus: EventBus,
  topics: readonly string[],
  { group, partitions, onNotice }: GroupPositionRequest,
): Promise<readonly LogSlice[]> {
  const [{ state }, committed, ranges] = await Promise.all([
    bus.admin.describeGroup(group),
    bus.admin.committedOffsets(group, topics),
    bus.log.rangesOf(topics),
  ])
  if (state === 'Dead' && committed.length === 0) throw groupNotFound(group)
  const found: LogSlice[] = []
  const notices: TailNotice[] = []
  let commits = 0
  for (const topic of topics) {
    for (const { partition, start, end, ...stable } of ranges.get(topic) ?? []) {
      if (partitions?.(topic)?.includes(partition) === false) continue
      const offset = committed.find((own) => own.topic === topic && own.partition === partition)?.offset
      const place = { topic, partition }
      const last = stableEndOf({ end, ...stable })
      if (offset !== undefined) commits += 1
      if (offset === undefined) notices.push({ code: 'nothing-committed', group, ...place })
      else if (offset >= last) notices.push({ code: 'group-at-end', group, ...place, offset })
      else {
        const from = offset < start ? start : offset
        if (from !== offset)
          notices.push({ code: 'offset-replaced', ...place, start, end, wanted: offset, offset: from })
        found.push({ ...place, from, to: last })
      }
    }
  }
  if (commits === 0) {
    throw new EventBusError('REFUSED', `group '${group}' has committed nothing on ${topics.join(', ')}`, {
      group,
      topics,
      hints: [operationHints.describeGroup(group)],
    })
  }
  for (const notice of notices) onNotice(notice)
  return found
}

/** Reads the first `count` events of a slice that pass the filter. */
async function firstPassing(
  bus: EventBus,
  slice: LogSlice,
  request: GroupPositionRequest,
): Promise<readonly EventView[]> {
  const { count, signal, onOutage, outageLimit } = request
  const found: EventView[] = []
  if (count === 0) return found
  for await (const batch of bus.log.read([slice], { signal, onOutage, outageLimit })) {
    // Without a filter, the rest of the batch need not be looked at.
    const looked = request.filter === undefined ? batch.slice(0, count - found.length) : batch
    for await (const views of passingViews(looked, request)) found.push(...views)
    if (found.length >= count) break
  }
  return found.slice(0, count)
}
