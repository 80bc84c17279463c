import type { EventBus } from '../../bus/event-bus.ts'
import { type LogSlice, stableEndOf } from '../../bus/topic-log.ts'
import { ageOf, aheadOf } from '../events/record-age.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'
import type { OpenTransactionAt } from './check.ts'

/** Number of offsets to read first, at the end of a partition. The last ones may be transaction markers without an event. */
const FIRST_READ_OFFSETS = 10n
/** Maximum number of offsets to read at the end of a partition. */
const MAX_READ_OFFSETS = 10_000n

export interface NewestEvents {
  /**
   * Milliseconds since the newest record was written. Ignores records without a timestamp or dated in the future; `undefined` if
   * there are no others.
   */
  readonly silence: number | undefined
  /** Number of records read that are dated in the future. */
  readonly aheadCount: number
  /** Whether the offsets read hold no record, not even an unreadable one. */
  readonly isEmpty: boolean
  /** Why some of the records cannot be read; `undefined` if all can be read. */
  readonly unreadable: string | undefined
  /** The open transactions of the topic, whose events are not committed yet. */
  readonly transactions: readonly OpenTransactionAt[]
}

/** A partition and how far back from its end it has been read. */
interface ReadPartition {
  readonly partition: number
  readonly start: bigint
  readonly end: bigint
  /** The first offset read so far. Each pass reads the offsets before it. */
  from: bigint
  /** Whether a record with a known age was read. */
  hasAge: boolean
}

interface NewestEventsRequest {
  readonly topic: string
  /** The silence that is acceptable, in milliseconds. */
  readonly maxSilence: number
  readonly now: () => number
  readonly signal: AbortSignal
}

/**
 * Finds out when the newest event of a topic was written. Reads the end of each partition first. If no event there is recent
 * enough, timestamps may be out of order or in the future, so each further pass reads ten times as many offsets: in partitions
 * that hold a record within `maxSilence`, and in those where no record with a known age was found.
 */
export async function readNewestEvents(
  bus: EventBus,
  { topic, maxSilence, now, signal }: NewestEventsRequest,
): Promise<NewestEvents> {
  const ranges = await bus.log.ranges(topic)
  const time = now()
  let silence: number | undefined
  let aheadCount = 0
  let isEmpty = true
  let unreadable: string | undefined
  const onUnreadable = ({ reason }: SkippedRange) => {
    isEmpty = false
    unreadable ??= reason
  }
  const partitions = new Map(
    ranges.map(({ partition, start, ...ends }): [number, ReadPartition] => {
      const end = stableEndOf(ends)
      return [partition, { partition, start, end, from: end, hasAge: false }]
    }),
  )
  /** By partition, the offset of the first record within `maxSilence`. Looked up after the first pass. */
  let recentFrom: ReadonlyMap<number, bigint> | undefined
  for (let count = FIRST_READ_OFFSETS; count <= MAX_READ_OFFSETS; count *= 10n) {
    const slices: (LogSlice & { to: bigint })[] = []
    for (const own of partitions.values()) {
      const { partition, start, end, from: to, hasAge } = own
      if (hasAge && to <= (recentFrom?.get(partition) ?? end)) continue
      const from = end - count > start ? end - count : start
      own.from = from
      if (from < to) slices.push({ topic, partition, from, to })
    }
    if (slices.length === 0) break
    for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, onUnreadable)) {
      for (const { partition, timestamp } of batch) {
        isEmpty = false
        if (aheadOf(timestamp, time) !== undefined) aheadCount += 1
        const age = ageOf(timestamp, time)
        if (age === undefined) continue
        const own = partitions.get(partition)
        if (own !== undefined) own.hasAge = true
        if (age < (silence ?? Number.POSITIVE_INFINITY)) silence = age
      }
    }
    if (silence !== undefined && silence <= maxSilence) break
    recentFrom ??= await bus.log.offsetsAt(topic, BigInt(Math.floor(time - maxSilence)))
  }
  const transactions = ranges.flatMap(({ partition, lastStable }) =>
    lastStable === undefined ? [] : [{ topic, partition, offset: lastStable }],
  )
  return { silence, aheadCount, isEmpty, unreadable, transactions }
}
