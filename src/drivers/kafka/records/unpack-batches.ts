import type { BusRecord } from '../../../bus/record.ts'
import { MAX_BATCH_BYTES } from '../kafka-options.ts'
import type { AbortedTransaction } from '../protocol/fetch.ts'
import { BatchProblem, UnreadableBatch } from './batch-errors.ts'
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_TIMESTAMP_AT,
  BATCH_LENGTH_AT,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_FROM,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  RECORDS_COUNT_AT,
} from './batch-layout.ts'
import { BatchReader } from './batch-reader.ts'
import { codecFor } from './compression.ts'
import { Transactions } from './transactions.ts'

// Bits of the attributes of a batch.
const IS_TRANSACTIONAL = 0x10
const IS_CONTROL = 0x20
const IS_APPEND_TIME = 0x08
const COMPRESSION = 0x07

export interface FetchedBatches {
  readonly topic: string
  readonly partition: number
  /** Complete batches that passed `checkBatches`. */
  readonly batches: Buffer
  /** Transactions whose records are dropped; `undefined` to read the records of all transactions. */
  readonly aborted: readonly AbortedTransaction[] | undefined
}

export interface UnpackedRecords {
  readonly records: readonly BusRecord[]
  /** Whether these are the last records: no further value is yielded, not even an empty list. */
  readonly isLast: boolean
}

export interface UnpackLimits {
  /** The maximum number of records yielded at a time. */
  readonly most: number
  /** The limit of a decompressed batch, in bytes. Default {@link MAX_BATCH_BYTES}. */
  readonly maxBatchBytes?: number | undefined
  /** The offset at which reading ends. A later batch is not unpacked, so that it cannot fail. Absent: all batches are unpacked. */
  readonly to?: bigint | undefined
}

/**
 * Yields the records from offset `from` on, without control records and records of aborted transactions. Yields at most `most`
 * records at a time, because short-lived objects cost the garbage collector almost nothing. For a batch that cannot be read,
 * first yields the records before the batch, then throws `UnreadableBatch`.
 */
export async function* unpackBatches(
  { topic, partition, batches: bytes, aborted }: FetchedBatches,
  from: bigint,
  { most, maxBatchBytes = MAX_BATCH_BYTES, to }: UnpackLimits,
): AsyncGenerator<UnpackedRecords, undefined> {
  let records: BusRecord[] = []
  /** How many of `records` come from completed calls of `batch.read`. */
  let readCount = 0
  const transactions = aborted && new Transactions(aborted)
  for (let at = 0; at < bytes.length; ) {
    const end = at + LENGTH_FROM + bytes.readInt32BE(at + BATCH_LENGTH_AT)
    const base = bytes.readBigInt64BE(at + BASE_OFFSET_AT)
    if (to !== undefined && base >= to) break
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
    const lastDelta = bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT)
    const last = base + BigInt(lastDelta)
    const producer = bytes.readBigInt64BE(at + PRODUCER_ID_AT)
    const count = bytes.readInt32BE(at + RECORDS_COUNT_AT)
    transactions?.begin(last)
    const isControl = (attributes & IS_CONTROL) !== 0
    const isTransactional = (attributes & IS_TRANSACTIONAL) !== 0
    try {
      if (isControl || !(isTransactional && transactions?.drops(producer))) {
        const packed = bytes.subarray(at + HEADER_BYTES, end)
        const compression = attributes & COMPRESSION
        // A batch that compaction has emptied is only a header, although its attributes still name a compression.
        const isPlain = compression === 0 || packed.length === 0
        const isAppendTime = (attributes & IS_APPEND_TIME) !== 0
        const time = bytes.readBigInt64BE(at + (isAppendTime ? MAX_TIMESTAMP_AT : BASE_TIMESTAMP_AT))
        const batch = new BatchReader(
          { topic, partition, base, time, isAppendTime },
          isPlain ? packed : (await codecFor(compression)).decompress(packed, maxBatchBytes),
          { count, lastDelta },
        )
        if (isControl) {
          const markers = batch.readAll()
          transactions?.end(producer, markers)
        }
        while (batch.left > 0) {
          if (records.length >= most) {
            yield { records, isLast: false }
            records = []
          }
          readCount = records.length
          batch.read(most - records.length, from, records)
        }
      }
    } catch (error) {
      if (!(error instanceof BatchProblem)) throw error
      if (readCount > 0) yield { records: records.slice(0, readCount), isLast: false }
      throw new UnreadableBatch(error, { topic, partition, offset: base, next: last + 1n })
    }
    at = end
    readCount = records.length
  }
  yield { records, isLast: true }
}
