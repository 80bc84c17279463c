import type { EventBus } from '../../../bus/event-bus.ts'
import { type Item, laneOf, partitionOfLane } from '../deliver/item.ts'
import { differenceOf, type RecordField } from '../deliver/same-record.ts'
import { TargetReader } from '../deliver/target-reader.ts'

/** The first record of a partition that differs from the source. */
export interface Difference {
  readonly topic: string
  readonly partition: number
  /** `missing`: the topic ends before the record. `extra`: the topic has a record that the source has not. */
  readonly code: 'different' | 'missing' | 'extra'
  /** The position in the source: an offset, or the number of a line. Absent for `extra`. */
  readonly position?: bigint | undefined
  /** The offset in the topic. Absent for `missing`. */
  readonly offset?: bigint | undefined
  readonly field?: RecordField | undefined
}

export interface Verified {
  /** The number of records that were compared and are equal. */
  readonly equal: number
  /** The first difference of each partition that has one. */
  readonly differences: readonly Difference[]
}

/**
 * Compares the records of a source with topics, in order within each partition, from the offsets in `from` on. Reports the first
 * difference of each partition.
 */
export async function verify(
  bus: EventBus,
  items: AsyncIterable<readonly Item[]>,
  {
    from,
    to,
    signal,
  }: {
    readonly from: ReadonlyMap<string, bigint>
    readonly to: ReadonlyMap<string, bigint>
    readonly signal: AbortSignal
  },
): Promise<Verified> {
  const readers = new Map<string, TargetReader>()
  for (const [lane, end] of to) {
    const start = from.get(lane) ?? 0n
    readers.set(lane, new TargetReader(bus.log, { ...partitionOfLane(lane), from: start, to: end }, signal))
  }
  const differences = new Map<string, Difference>()
  let equal = 0
  try {
    for await (const batch of items) {
      if (signal.aborted) break
      for (const { topic, record, position } of batch) {
        const { partition } = record
        const lane = laneOf(topic, partition)
        if (differences.has(lane)) continue
        const found = await readers.get(lane)?.next()
        if (found === undefined) differences.set(lane, { topic, partition, code: 'missing', position })
        else {
          const field = differenceOf(record, found)
          if (field === undefined) equal += 1
          else differences.set(lane, { topic, partition, code: 'different', position, offset: found.offset, field })
        }
      }
    }
    for (const [lane, reader] of readers) {
      if (signal.aborted || differences.has(lane)) continue
      const extra = await reader.next()
      if (extra !== undefined) {
        differences.set(lane, { ...partitionOfLane(lane), code: 'extra', offset: extra.offset })
      }
    }
  } finally {
    for (const reader of readers.values()) await reader.close()
  }
  return { equal, differences: [...differences.values()] }
}
