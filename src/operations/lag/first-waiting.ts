import { UnreadableError, type UnreadableRange } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { Isolation, LogSlice } from '../../bus/topic-log.ts'
import { MAX_PASSED_OVER } from '../events/read-over.ts'
import type { PartitionSnapshot } from './snapshot.ts'
import type { PartitionOffsets } from './verdict.ts'

/** The first record that waits on a partition: among committed records, and among those behind the start of an open transaction. */
export interface FirstWaiting {
  readonly committed: WaitingRecord | undefined
  readonly open: WaitingRecord | undefined
}

export interface WaitingRecord extends Pick<BusRecord, 'offset' | 'timestamp'> {
  /** Why the record cannot be read. `offset` is then the first offset that holds a record, and the timestamp is absent. */
  readonly unreadable?: string | undefined
}

/** The offset from which to search for the first waiting event. */
export const firstWaitingOffset = ({ committed = 0n, start = 0n }: PartitionOffsets): bigint =>
  committed < start ? start : committed

/** The offsets that a group has not read, up to the last stable offset. */
function committedSlice(snapshot: PartitionSnapshot): LogSlice | undefined {
  const { topic, partition, committed, end, lastStable = end } = snapshot
  if (committed === undefined || end === undefined || committed >= end) return undefined
  const from = firstWaitingOffset(snapshot)
  return lastStable === undefined || from >= lastStable ? undefined : { topic, partition, from, to: lastStable }
}

/** The offsets that a group has not read, from the last stable offset on: those behind the start of an open transaction. */
function openSlice(snapshot: PartitionSnapshot): LogSlice | undefined {
  const { topic, partition, committed, end, lastStable = end } = snapshot
  if (committed === undefined || end === undefined || lastStable === undefined || lastStable >= end) return undefined
  const from = firstWaitingOffset(snapshot)
  return from >= end ? undefined : { topic, partition, from: from < lastStable ? lastStable : from, to: end }
}

/** Reads the first waiting record of each partition. Resolves with a function that returns it for one of the partitions. */
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

/** Slices per request, so that the first records of 100,000 partitions are never in memory together. */
const MAX_SLICES_PER_REQUEST = 5000

/** The offsets of one partition at which groups wait, each with the first record found from there on. */
interface Wanted extends Omit<LogSlice, 'from'> {
  readonly firsts: Map<bigint, WaitingRecord | undefined>
}

/**
 * The slices that begin inside an unreadable range of offsets; without any, those whose first record lies in it. With
 * `isLast`, every slice of the partition, so that a partition with many unreadable ranges costs no more requests.
 */
function slicesAt(range: UnreadableRange, slices: readonly LogSlice[], isLast: boolean): readonly LogSlice[] {
  const own = slices.filter((slice) => partitionName(slice) === partitionName(range))
  if (isLast) return own
  const before = own.filter(({ from }) => from < range.next)
  const within = before.filter(({ from }) => from >= range.offset)
  return within.length > 0 ? within : before
}

/**
 * Reads the first record of each partition's slice. Groups at the same offset share one request, and an unreadable record
 * does not keep the others from being found.
 */
async function readFirst(
  bus: EventBus,
  partitions: readonly PartitionSnapshot[],
  sliceOf: (partition: PartitionSnapshot) => LogSlice | undefined,
  isolation: Isolation,
): Promise<(partition: PartitionSnapshot) => WaitingRecord | undefined> {
  const wanted = new PartitionMap<Wanted>()
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
  const request = async () => {
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
        const unreadable = slicesAt(error.range, slices, count >= MAX_PASSED_OVER)
        if (unreadable.length === 0) throw error
        const passed = new Set(unreadable)
        for (const slice of unreadable) {
          const offset = slice.from > error.range.offset ? slice.from : error.range.offset
          wanted.get(slice)?.firsts.set(slice.from, { offset, timestamp: -1n, unreadable: error.message })
        }
        slices = slices.filter((slice) => !passed.has(slice))
      }
    }
  }
  for (const { topic, partition, to, firsts } of wanted.values()) {
    for (const from of firsts.keys()) {
      slices.push({ topic, partition, from, to })
      if (slices.length === MAX_SLICES_PER_REQUEST) await request()
    }
  }
  if (slices.length > 0) await request()
  return (partition) => {
    const slice = sliceOf(partition)
    return slice && wanted.get(partition)?.firsts.get(slice.from)
  }
}
