import { UnreadableError, type UnreadableRange } from '../../bus/errors.ts'
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

/**
 * Returns the slices whose first record is taken to be in an unreadable range: those that begin inside the range, or, if there
 * are none, those that begin before it. With `givesUp`, returns every slice of the partition, so that a partition with many
 * unreadable ranges causes no more requests.
 */
function slicesAt(range: UnreadableRange, slices: readonly LogSlice[], givesUp: boolean): readonly LogSlice[] {
  const own = slices.filter((slice) => partitionName(slice) === partitionName(range))
  if (givesUp) return own
  const before = own.filter(({ from }) => from < range.next)
  const within = before.filter(({ from }) => from >= range.offset)
  return within.length > 0 ? within : before
}

/**
 * Reads the first record of the slice of each partition. Groups at the same offset share one slice. After an unreadable record,
 * the other slices are requested again.
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
  const failures = new PartitionMap<number>()
  let slices: LogSlice[] = []
  const readSlices = async () => {
    while (slices.length > 0) {
      try {
        for (const [at, record] of (await bus.log.firstRecords(slices, isolation)).entries()) {
          const slice = slices[at]
          if (record === undefined || slice === undefined) continue
          const { offset, timestamp } = record
          wanted.get(slice)?.firsts.set(slice.from, { offset, timestamp })
        }
        slices = []
      } catch (error) {
        if (!(error instanceof UnreadableError)) throw error
        const count = (failures.get(error.range) ?? 0) + 1
        failures.set(error.range, count)
        const unreadable = slicesAt(error.range, slices, count >= MAX_SKIPPED_RANGES)
        if (unreadable.length === 0) throw error
        const done = new Set(unreadable)
        for (const slice of unreadable) {
          const offset = slice.from > error.range.offset ? slice.from : error.range.offset
          wanted.get(slice)?.firsts.set(slice.from, { offset, timestamp: -1n, unreadable: error.message })
        }
        slices = slices.filter((slice) => !done.has(slice))
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
