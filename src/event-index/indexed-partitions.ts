import type { DatabaseSync } from 'node:sqlite'
import type { TopicPartition } from '../bus/admin.ts'
import type { Fingerprint } from './fingerprint.ts'

/** Offsets whose records could not be read while indexing. */
interface SkippedOffsets {
  readonly from: bigint
  readonly to: bigint
}

/** What an index has of a partition: its records from `start` to before `next`, except the skipped ones. */
export interface IndexedPartition extends TopicPartition {
  readonly id: number
  readonly start: bigint
  readonly next: bigint
  /** The last indexed record; `undefined` if the partition had none. */
  readonly last: Fingerprint | undefined
  /** Sorted by offset. */
  readonly skipped: readonly SkippedOffsets[]
}

/** Reads what an index has of each partition, sorted by topic and partition. */
export function readPartitions(database: DatabaseSync): IndexedPartition[] {
  const select = database.prepare('SELECT * FROM partitions ORDER BY topic, partition')
  const selectSkipped = database.prepare('SELECT * FROM skipped ORDER BY partition_id, first_offset')
  select.setReadBigInts(true)
  selectSkipped.setReadBigInts(true)
  const skipped = Map.groupBy(selectSkipped.all(), ({ partition_id }) => Number(partition_id))
  return select.all().map((row) => {
    const id = Number(row.id)
    const { last_offset: offset, last_timestamp: timestamp, last_digest: digest } = row
    return {
      ...{ id, topic: String(row.topic), partition: Number(row.partition) },
      ...{ start: row.start_offset as bigint, next: row.next_offset as bigint },
      last:
        typeof offset === 'bigint' && typeof timestamp === 'bigint' && digest instanceof Uint8Array
          ? { offset, timestamp, digest }
          : undefined,
      skipped: (skipped.get(id) ?? []).map(({ first_offset, next_offset }) => {
        return { from: first_offset as bigint, to: next_offset as bigint }
      }),
    }
  })
}
