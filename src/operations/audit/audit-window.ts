import type { EventBus } from '../../bus/event-bus.ts'
import type { AuditNote } from './report.ts'

/** The part of a topic that both sides cover. */
export interface AuditWindow {
  /** Milliseconds since 1970. Absent: the topic holds everything that was published to it. */
  readonly since?: number | undefined
  /** Whether a stored event without a record was never published. False for a topic from which records of any age may be missing. */
  readonly isComplete: boolean
  readonly notes: readonly AuditNote[]
}

/**
 * Finds since when a topic is complete. Where the oldest records of a partition were deleted, it is since the first record that
 * remains. `since` of the request can only make the window smaller, except if all records of a partition were deleted: then the caller
 * knows better.
 */
export async function findWindow(
  bus: EventBus,
  topic: string,
  request: { readonly since?: number | undefined; readonly until: number },
): Promise<AuditWindow> {
  const [ranges, compacted] = await Promise.all([bus.log.ranges(topic), bus.admin.compactedTopics([topic])])
  const trimmed = ranges.filter(({ start }) => start > 0n)
  const emptied = trimmed.filter(({ start, end }) => start === end).map(({ partition }) => partition)
  const slices = trimmed.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const firsts = (await bus.log.firstRecords(slices)).flatMap((record) =>
    record === undefined ? [] : [Number(record.timestamp)],
  )
  const remains = firsts.length === 0 ? undefined : Math.max(...firsts)
  const known = emptied.length > 0 && request.since === undefined ? request.until : remains
  const since = known === undefined ? request.since : Math.max(known, request.since ?? known)
  const isCompacted = compacted.has(topic)
  const notes: AuditNote[] = []
  if (isCompacted) notes.push({ code: 'compacted', topic })
  if (emptied.length > 0) notes.push({ code: 'emptied', topic, partitions: emptied })
  else if (remains !== undefined && since === remains) notes.push({ code: 'trimmed', topic, since: remains })
  return { since, isComplete: !isCompacted, notes }
}
