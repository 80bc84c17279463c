import type { EventBus } from '../../bus/event-bus.ts'
import { type LogSlice, stableEndOf } from '../../bus/topic-log.ts'
import { type LeftOut, readOver } from '../events/read-over.ts'
import { ageOf, aheadOf } from '../events/record-age.ts'
import type { OpenTransactionAt } from './check.ts'

/** Offsets to read back from the end of a partition at first. More than one, since the last may be a transaction's markers. */
const FIRST_LOOK_BACK = 10n
/** Offsets to read back from the end of a partition at most. */
const MAX_LOOK_BACK = 10_000n

export interface NewestEvents {
  /** Milliseconds since the newest record was written that has a timestamp and is not dated in the future. */
  readonly silence: number | undefined
  /** Number of records read that are dated in the future. */
  readonly aheadCount: number
  readonly isEmpty: boolean
  /** Why some of the records cannot be read. */
  readonly unreadable: string | undefined
  /** The open transactions of the topic, whose events are not committed yet. */
  readonly transactions: readonly OpenTransactionAt[]
}

/** A partition and how far back from its end it has been read. */
interface ReadPartition {
  readonly partition: number
  readonly start: bigint
  readonly end: bigint
  /** The first offset that was read. */
  from: bigint
  /** Whether a record read has an age. */
  hasAge: boolean
}

interface NewestEventsRequest {
  readonly topic: string
  /** Milliseconds. */
  readonly maxSilence: number
  readonly now: () => number
  readonly signal: AbortSignal
}

/**
 * Reads the end of each partition. When no event there is recent enough, timestamps may be out of order or in the future, so
 * it reads farther back, tenfold each time, in partitions that hold a record within `maxSilence` or gave no age yet.
 */
export async function readNewestEvents(
  bus: EventBus,
  { topic, maxSilence, now, signal }: NewestEventsRequest,
): Promise<NewestEvents> {
  const ranges = await bus.log.ranges(topic)
  const clock = now()
  let silence: number | undefined
  let aheadCount = 0
  let isEmpty = true
  let unreadable: string | undefined
  const leaveOut = ({ reason }: LeftOut) => {
    isEmpty = false
    unreadable ??= reason
  }
  const partitions = new Map(
    ranges.map(({ partition, start, ...ends }): [number, ReadPartition] => {
      const end = stableEndOf(ends)
      return [partition, { partition, start, end, from: end, hasAge: false }]
    }),
  )
  /** For each partition, the offset of the first record within `maxSilence`. */
  let recentFrom: ReadonlyMap<number, bigint> | undefined
  for (let back = FIRST_LOOK_BACK; back <= MAX_LOOK_BACK; back *= 10n) {
    const slices: (LogSlice & { to: bigint })[] = []
    for (const own of partitions.values()) {
      const { partition, start, end, from: to, hasAge } = own
      if (hasAge && to <= (recentFrom?.get(partition) ?? end)) continue
      const from = end - back > start ? end - back : start
      own.from = from
      if (from < to) slices.push({ topic, partition, from, to })
    }
    if (slices.length === 0) break
    for await (const batch of readOver(bus.log, slices, { signal }, leaveOut)) {
      for (const { partition, timestamp } of batch) {
        isEmpty = false
        if (aheadOf(timestamp, clock) !== undefined) aheadCount += 1
        const age = ageOf(timestamp, clock)
        if (age === undefined) continue
        const own = partitions.get(partition)
        if (own !== undefined) own.hasAge = true
        if (age < (silence ?? Number.POSITIVE_INFINITY)) silence = age
      }
    }
    if (silence !== undefined && silence <= maxSilence) break
    recentFrom ??= await bus.log.offsetsAt(topic, BigInt(Math.floor(clock - maxSilence)))
  }
  const transactions = ranges.flatMap(({ partition, lastStable }) =>
    lastStable === undefined ? [] : [{ topic, partition, offset: lastStable }],
  )
  return { silence, aheadCount, isEmpty, unreadable, transactions }
}
