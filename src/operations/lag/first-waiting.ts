import { UnreadableError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { Isolation, LogSlice } from '../../bus/topic-log.ts'
import { MAX_SKIPPED_RANGES } from '../events/skip-unreadable.ts'
import type { PartitionSnapshot } from './snapshot.ts'
import type { PartitionOffsets } from './verdict.ts'

/** The first records on a partition that a group has not read. */
export interface FirstWaiting {
  /** The first one before the last stable offset. */
  readonly committed: WaitingRecord | undefined
  /** The first one after the start of an open transaction, where read-committed consumers stop. */
  readonly open: WaitingRecord | undefined
}

export interface WaitingRecord extends Pick<BusRecord, 'offset' | 'timestamp'> {
  /** Why the record cannot be read. `offset` is then the first unreadable offset, and `timestamp` is -1. */
  readonly unreadable?: string | undefined
}

/** Returns the offset from which to search for the first waiting event. */
export const firstWaitingOffset = ({ committed = 0n, start = 0n }: PartitionOffsets): bigint =>
  committed < start ? start : committed

/** Returns the offsets that a group has not read, up to the last stable offset; `undefined` if there are none. */
function committedSlice(snapshot: PartitionSnapshot): LogSlice | undefined {
  const { topic, partition, committed, end, lastStable = end } = snapshot
  if (committed === undefined || end === undefined || committed >= end) return undefined
  const from = firstWaitingOffset(snapshot)
  return lastStable === undefined || from >= lastStable ? undefined : { topic, partition, from, to: lastStable }
}

/**
 * Returns the unread offsets from the last stable offset to the end, where a transaction is open; `undefined` if there are none.
 */
function openSlice(snapshot: PartitionSnapshot): LogSlice | undefined {
  const { topic, partition, committed, end, lastStable = end } = snapshot
  if (committed === undefined || end === undefined || lastStable === undefined || lastStable >= end) return undefined
  const from = firstWaitingOffset(snapshot)
  return from >= end ? undefined : { topic, partition, from: from < lastStable ? lastStable : from, to: end }
}

/** Reads the first waiting records of each partition. Resolves with a function that returns them for one of these partitions. */
export async function readFirstWaiting(
  bus: EventBus,
  partitions: readonly PartitionSnapshot[],
): Promise<(partition: PartitionSnapshot) => FirstWaiting> {
  const [committed, open] = await Promise.all([
    readFirst(bus, partitions, committedSlice, 'committed'),
    readFirst(bus, partitions, openSlice, 'uncommitted'),
  ])
  return (partition) => ({ committed: committed(partition), open: open(partition) })
}

/** Maximum number of slices per request, so that the first records of 100,000 partitions are never in memory together. */
const MAX_SLICES_PER_REQUEST = 5000

/** A partition, and the first record found at or after each offset at which a group waits. */
interface WaitingOffsets extends Omit<LogSlice, 'from'> {
  readonly firsts: Map<bigint, WaitingRecord | undefined>
}

/** A slice of `readFirst`. */
interface PendingSlice extends LogSlice {
  /** The failure that ended the slice before an unreadable range. If no record precedes the range, it is the first waiting one. */
  readonly failure?: UnreadableError | undefined
}

/**
 * Reads the first record of the slice of each partition. Groups at the same offset share one slice. After an unreadable range,
 * the slices that begin in it have a result, the slices that begin before it are requested again up to the range, and the others
 * are requested again. After `MAX_SKIPPED_RANGES` ranges in a partition, all its slices count as unreadable, so that a partition
 * with many of them causes no more requests.
 */
async function readFirst(
  bus: EventBus,
  partitions: readonly PartitionSnapshot[],
  sliceOf: (partition: PartitionSnapshot) => LogSlice | undefined,
  isolation: Isolation,
): Promise<(partition: PartitionSnapshot) => WaitingRecord | undefined> {
  const wanted = new PartitionMap<WaitingOffsets>()
  for (const snapshot of partitions) {
    const slice = sliceOf(snapshot)
    if (slice === undefined) continue
    const { topic, partition, from, to } = slice
    const own = wanted.get(snapshot) ?? { topic, partition, to, firsts: new Map() }
    if (own.firsts.size === 0) wanted.set(snapshot, own)
    own.firsts.set(from, undefined)
  }
  const rangeCounts = new PartitionMap<number>()
  let slices: PendingSlice[] = []
  const setUnreadable = (slice: LogSlice, { message, range }: UnreadableError): void => {
    const offset = slice.from > range.offset ? slice.from : range.offset
    wanted.get(slice)?.firsts.set(slice.from, { offset, timestamp: -1n, unreadable: message })
  }
  const readSlices = async () => {
    while (slices.length > 0) {
      try {
        for (const [at, record] of (await bus.log.firstRecords(slices, isolation)).entries()) {
          const slice = slices[at]
          if (slice === undefined) continue
          if (record !== undefined) {
            const { offset, timestamp } = record
            wanted.get(slice)?.firsts.set(slice.from, { offset, timestamp })
          } else if (slice.failure !== undefined) setUnreadable(slice, slice.failure)
        }
        slices = []
      } catch (error) {
        if (!(error instanceof UnreadableError)) throw error
        const { range } = error
        const count = (rangeCounts.get(range) ?? 0) + 1
        rangeCounts.set(range, count)
        const before = slices
        slices = before.flatMap((slice): PendingSlice[] => {
          if (partitionName(slice) !== partitionName(range)) return [slice]
          if (count < MAX_SKIPPED_RANGES) {
            if (slice.from >= range.next) return [slice]
            const mayPrecede = slice.from < range.offset && (slice.to === undefined || slice.to > range.offset)
            if (mayPrecede) return [{ ...slice, to: range.offset, failure: error }]
          }
          setUnreadable(slice, error)
          return []
        })
        // Without this check, a range that no slice touches would be requested forever.
        if (before.every((slice, at) => slice === slices[at])) throw error
      }
    }
  }
  for (const { topic, partition, to, firsts } of wanted.values()) {
    for (const from of firsts.keys()) {
      slices.push({ topic, partition, from, to })
      if (slices.length === MAX_SLICES_PER_REQUEST) await readSlices()
    }
  }
  if (slices.length > 0) await readSlices()
  return (partition) => {
    const slice = sliceOf(partition)
    return slice && wanted.get(partition)?.firsts.get(slice.from)
  }
}
