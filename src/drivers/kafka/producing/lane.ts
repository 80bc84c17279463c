import { partitionOf } from '../../../bus/partitioner.ts'
import type { NewRecord } from '../../../bus/record.ts'
import { sizeBound } from '../records/encode-batch.ts'
import type { AppendJob } from './append-job.ts'

/**
 * The most bytes of records in a batch: below the broker's default `message.max.bytes` of 1,048,588, which includes the header.
 */
const MAX_BATCH_BYTES = 900_000

/** The records of one job for one partition, as indices into the records of the job. `indices` before `at` were sent. */
interface JobShare {
  readonly job: AppendJob
  readonly indices: readonly number[]
  at: number
}

/** The records to send to one partition, in order. */
export interface Lane {
  readonly topic: string
  readonly partition: number
  shares: JobShare[]
  /** Whether a request for the lane is in flight. */
  isBusy: boolean
  /** When the first of the current failures was sent, by `performance.now()`. */
  failingSince: number | undefined
  /** The most bytes of a batch. Smaller after the broker refused a batch for its size. */
  maxBytes: number
  /** The most records of a batch. Smaller while a refused record is searched for. */
  maxRecords: number
  /** Whether each batch has records of one job only. True after a refusal, to find the job with the refused record. */
  isPerJob: boolean
}

/** The records that were taken from a lane for one batch. */
export interface TakenRecords {
  readonly lane: Lane
  readonly parts: readonly { readonly job: AppendJob; readonly indices: readonly number[] }[]
  readonly records: readonly NewRecord[]
  /** An upper bound of the encoded size, in bytes. */
  readonly size: number
}

/** The records of a batch, and the encoded batch. */
export interface Batch extends TakenRecords {
  readonly bytes: Buffer
}

export const newLane = (topic: string, partition: number): Lane => ({
  topic,
  partition,
  shares: [],
  isBusy: false,
  failingSince: undefined,
  maxBytes: MAX_BATCH_BYTES,
  maxRecords: Number.POSITIVE_INFINITY,
  isPerJob: false,
})

/** Takes the records of the next batch from a lane, and counts the batch as in flight for each of its jobs. */
export function takeRecords(lane: Lane): TakenRecords {
  const parts: { job: AppendJob; indices: readonly number[] }[] = []
  const records: NewRecord[] = []
  let size = 0
  const hasRoom = () => size < lane.maxBytes && records.length < lane.maxRecords
  for (let share = lane.shares[0]; share && (size === 0 || hasRoom()); share = lane.shares[0]) {
    const { job, indices } = share
    const begin = share.at
    // Records after a failed one are not sent, because the failed record would be missing before them.
    const isDone = () => share.at === indices.length || (indices[share.at] as number) >= job.stop
    while (!isDone() && records.length < lane.maxRecords) {
      const record = job.records[indices[share.at] as number] as NewRecord
      const bytes = sizeBound(record)
      if (size > 0 && size + bytes > lane.maxBytes) break
      records.push(record)
      size += bytes
      share.at += 1
    }
    if (share.at > begin) {
      parts.push({ job, indices: indices.slice(begin, share.at) })
      job.inFlight += 1
    }
    if (!isDone()) break
    lane.shares.shift()
    if (lane.isPerJob) break
  }
  return { lane, parts, records, size }
}

/** Lifts the limits that the search for a refused record has set. */
export function resetLimits(lane: Lane): void {
  lane.isPerJob = false
  lane.maxRecords = Number.POSITIVE_INFINITY
  lane.failingSince = undefined
}

/** Returns the indices of the records of a job by partition. Records without a key share a random partition, as in librdkafka. */
export function byPartition({ records, stop }: AppendJob, count: number): Map<number, number[]> {
  const unkeyed = Math.floor(Math.random() * count)
  const partitions = new Map<number, number[]>()
  for (let index = 0; index < stop; index += 1) {
    const { key, partition } = records[index] as NewRecord
    const chosen = partition ?? partitionOf(key, count) ?? unkeyed
    const indices = partitions.get(chosen)
    if (indices) indices.push(index)
    else partitions.set(chosen, [index])
  }
  return partitions
}
