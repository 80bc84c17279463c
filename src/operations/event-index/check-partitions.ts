import { UnreadableError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { BusRecord } from '../../bus/record.ts'
import { type LogSlice, type PartitionRange, stableEndOf } from '../../bus/topic-log.ts'
import { hasFingerprint } from '../../event-index/fingerprint.ts'
import type { IndexedPartition } from '../../event-index/indexed-partitions.ts'

/**
 * Whether what an index has of a partition is true of the topic. `gone`: the partition does not exist. `recreated`: the topic was
 * deleted and created again. `trimmed`: records were
 * deleted that are not indexed yet, and so all that are.
 */
export type PartitionState = 'current' | 'recreated' | 'trimmed' | 'gone'

export interface CheckedPartition {
  readonly indexed: IndexedPartition
  readonly state: PartitionState
}

export type Ranges = ReadonlyMap<string, readonly PartitionRange[]>

/**
 * Compares what an index has of some partitions with the bus, whose ranges are given. Reads the last indexed record of each
 * partition, because only that tells a topic that was created again and has grown since.
 */
export async function checkPartitions(
  bus: EventBus,
  indexed: readonly IndexedPartition[],
  ranges: Ranges,
): Promise<CheckedPartition[]> {
  const rangeOf = ({ topic, partition }: IndexedPartition) =>
    ranges.get(topic)?.find((range) => range.partition === partition)
  const toRead = indexed.filter((one) => {
    const range = rangeOf(one)
    return range !== undefined && one.last !== undefined && one.last.offset >= range.start && one.next <= range.end
  })
  const [records, compacted] = await Promise.all([
    readLast(bus, toRead),
    toRead.length === 0 ? new Set<string>() : bus.admin.compactedTopics([...new Set(toRead.map(({ topic }) => topic))]),
  ])
  return indexed.map((one) => {
    const range = rangeOf(one)
    if (range === undefined) return { indexed: one, state: 'gone' }
    if (one.next > range.end || range.start < one.start) return { indexed: one, state: 'recreated' }
    if (range.start > one.next) return { indexed: one, state: 'trimmed' }
    const record = records.get(one)
    if (one.last === undefined || one.last.offset < range.start || record === 'unreadable') {
      return { indexed: one, state: 'current' }
    }
    // Compaction also deletes the last record of a key when a later one has followed.
    if (record === undefined) return { indexed: one, state: compacted.has(one.topic) ? 'current' : 'recreated' }
    return { indexed: one, state: hasFingerprint(record, one.last) ? 'current' : 'recreated' }
  })
}

/** Reads the last indexed record of each partition. */
async function readLast(
  bus: EventBus,
  indexed: readonly IndexedPartition[],
): Promise<PartitionMap<BusRecord | 'unreadable' | undefined>> {
  const slices = indexed.map(({ topic, partition, last }): LogSlice => {
    const from = last?.offset ?? 0n
    return { topic, partition, from, to: from + 1n }
  })
  const found = new PartitionMap<BusRecord | 'unreadable' | undefined>()
  try {
    const records = slices.length === 0 ? [] : await bus.log.firstRecords(slices)
    for (const [at, slice] of slices.entries()) found.set(slice, records[at])
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    // One damaged batch fails the whole request.
    for (const slice of slices) found.set(slice, await readOne(bus, slice))
  }
  return found
}

async function readOne(bus: EventBus, slice: LogSlice): Promise<BusRecord | 'unreadable' | undefined> {
  try {
    return (await bus.log.firstRecords([slice]))[0]
  } catch (error) {
    if (error instanceof UnreadableError) return 'unreadable'
    throw error
  }
}

/** The number of offsets of a partition that are not indexed. */
export const offsetsBehind = (range: PartitionRange, indexed: IndexedPartition | undefined): bigint => {
  const end = stableEndOf(range)
  const from = indexed === undefined || indexed.next < range.start ? range.start : indexed.next
  return end > from ? end - from : 0n
}
