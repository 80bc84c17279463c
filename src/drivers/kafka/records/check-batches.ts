import type { UnreadableRange } from '../../../bus/errors.ts'
import { type BatchProblem, corrupt, oldFormat, UnreadableBatch } from './batch-errors.ts'
import {
  BASE_OFFSET_AT,
  BATCH_LENGTH_AT,
  CRC_AT,
  CRC_FROM,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_FROM,
  MAGIC,
  MAGIC_AT,
} from './batch-layout.ts'
import { crc32c } from './crc32c.ts'

export interface CheckedBatches {
  /** A view of the complete batches that passed every check. */
  readonly batches: Buffer
  /** The offset to fetch next: the offset after these batches, or the requested offset if no batch passed. */
  readonly next: bigint
  /**
   * Why the next batch was left out: it was `cut` off by the byte limit of the answer, is `beyond` the high watermark,
   * follows a `gap` that the next answer has to confirm, or is damaged. Absent when every batch passed.
   */
  readonly rest?: 'cut' | 'beyond' | 'gap' | RefusedBatch | undefined
}

interface RefusedBatch {
  readonly problem: BatchProblem
  readonly range: UnreadableRange
}

interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly batches: Buffer
  readonly highWatermark: bigint
}

/** What the reader has requested and read before. */
interface Reading {
  /** The requested offset. */
  readonly from: bigint
  /** The offset after the batches of earlier answers. Absent for the first answer, whose first batch may begin before `from`. */
  readonly readTo?: bigint | undefined
  /** Whether an earlier answer to the same request was rejected, so that a gap in this answer is accepted. */
  readonly isAgain?: boolean | undefined
}

/**
 * Checks the batches of an answer in order and stops at the first invalid one.
 *
 * The checksum covers a batch from its attributes on, so it does not cover the base offset, and a damaged base offset would
 * give records wrong offsets. Such a batch overlaps another batch or leaves a gap. Only compaction leaves gaps otherwise, so
 * a batch after a gap is accepted when the next batch, or the next answer, confirms it.
 */
export function checkBatches(
  { topic, partition, batches, highWatermark }: Fetched,
  { from, readTo, isAgain = false }: Reading,
): CheckedBatches {
  let at = 0
  let next = from
  let minBase = readTo ?? 0n
  /** If the last batch follows a gap: the position and the offset before that batch, which is not confirmed yet. */
  let unconfirmed: { readonly at: number; readonly next: bigint } | undefined
  const done = (rest?: CheckedBatches['rest']): CheckedBatches => {
    const accepted = unconfirmed ?? { at, next }
    const why = unconfirmed === undefined || typeof rest === 'object' ? rest : 'gap'
    return { batches: batches.subarray(0, accepted.at), next: accepted.next, rest: why }
  }
  const refuse = (problem: BatchProblem, offsets: { readonly offset: bigint; readonly next: bigint }) =>
    done({ problem, range: { topic, partition, ...offsets } })
  while (at < batches.length) {
    const left = batches.length - at
    if (left <= MAGIC_AT) return done('cut')
    const magic = batches[at + MAGIC_AT] as number
    if (magic !== MAGIC) {
      const problem =
        magic < MAGIC ? oldFormat(magic) : corrupt(`its format is ${magic}, but the newest format is ${MAGIC}`)
      return refuse(problem, nextAt(next))
    }
    if (left < HEADER_BYTES) return done('cut')
    const length = batches.readInt32BE(at + BATCH_LENGTH_AT)
    if (length < HEADER_BYTES - LENGTH_FROM) return refuse(corrupt(`its length is ${length}`), nextAt(next))
    const end = at + LENGTH_FROM + length
    if (end > batches.length) return done('cut')
    const base = batches.readBigInt64BE(at + BASE_OFFSET_AT)
    const lastDelta = batches.readInt32BE(at + LAST_OFFSET_DELTA_AT)
    const last = base + BigInt(lastDelta)
    const refuseHere = (reason: string) => {
      // Offsets that are not possible are damaged, so the error does not contain them.
      const isPlausible = base >= minBase && lastDelta >= 0 && last >= from && last < highWatermark
      return refuse(corrupt(reason), isPlausible ? { offset: base, next: last + 1n } : nextAt(next))
    }
    const expected = batches.readUInt32BE(at + CRC_AT)
    const actual = crc32c(batches, at + CRC_FROM, end)
    if (actual !== expected) return refuseHere(`its checksum is ${hex(actual)}, but its header says ${hex(expected)}`)
    if (lastDelta < 0) return refuseHere(`its last offset delta is ${lastDelta}`)
    if (base < minBase || last < from) {
      return refuseHere(`its offsets are ${base} to ${last}, but ${next} or later was expected`)
    }
    // Either the base offset is damaged, or the broker read the high watermark before the batch was complete. The next answer
    // shows which.
    if (last >= highWatermark) return done('beyond')
    const beginsBefore = at === 0 && readTo === undefined && base < from
    const nextBase = end + 8 <= batches.length ? batches.readBigInt64BE(end + BASE_OFFSET_AT) : highWatermark
    if (beginsBefore && !isAgain && nextBase !== last + 1n) return done('gap')
    unconfirmed = base > next && !isAgain ? { at, next } : undefined
    at = end
    next = last + 1n
    minBase = next
  }
  return done()
}

/** The range for the error about a batch whose own offsets are not known: one offset. */
const nextAt = (offset: bigint) => ({ offset, next: offset + 1n })

const hex = (crc: number): string => `0x${crc.toString(16).padStart(8, '0')}`

/** Creates the error for a batch at the requested offset that `checkBatches` has left out of every answer. */
export function unreadable(
  rest: CheckedBatches['rest'],
  { topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: bigint },
): UnreadableBatch {
  if (typeof rest === 'object') return new UnreadableBatch(rest.problem, rest.range)
  const reason =
    rest === 'cut' ? 'it is longer than the answer' : 'its last offset is not below the high watermark of the answer'
  return new UnreadableBatch(corrupt(reason), { topic, partition, offset, next: offset + 1n })
}

/** Creates the error for a batch at the requested offset that the broker itself reports as damaged (CORRUPT_MESSAGE). */
export function unreadableByBroker({
  topic,
  partition,
  offset,
}: {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}): UnreadableBatch {
  const problem = corrupt('the broker cannot read it (CORRUPT_MESSAGE)')
  return new UnreadableBatch(problem, { topic, partition, offset, next: offset + 1n })
}
