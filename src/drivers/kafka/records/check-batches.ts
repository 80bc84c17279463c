import type { UnreadablePlace } from '../../../bus/errors.ts'
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
  /** The whole batches that passed every check: a view. */
  readonly batches: Buffer
  /** The offset after the last of them, to fetch next; without any, the offset that was asked for. */
  readonly behind: bigint
  /**
   * Why the batch behind them was left out: `cut` by the byte limit of the answer, `beyond` the high watermark, at a `gap`
   * that the next answer has to confirm, or a problem of its own. Absent when every batch passed.
   */
  readonly rest?: 'cut' | 'beyond' | 'gap' | RefusedBatch | undefined
}

interface RefusedBatch {
  readonly problem: BatchProblem
  readonly place: UnreadablePlace
}

interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly batches: Buffer
  readonly highWatermark: bigint
}

/** The position of the reader. */
interface Reading {
  /** The offset that was asked for. */
  readonly from: bigint
  /** The offset that earlier answers were read to; absent before the first, whose batch may begin before `from`. */
  readonly readTo?: bigint | undefined
  /** An earlier answer to the same request was refused, so a gap that this one repeats is accepted. */
  readonly isAgain?: boolean | undefined
}

/**
 * Checks the batches of an answer from the first on, and stops at the first that is not sound. The checksum covers a
 * batch from its attributes on. What stands before it is compared with the question and with the batches around: a base
 * offset that was damaged would give records the wrong offsets. It overlaps another batch then, or leaves a gap as only
 * compaction does; so a batch at a gap is taken when the next batch, or the next answer, agrees.
 */
export function checkBatches(
  { topic, partition, batches, highWatermark }: Fetched,
  { from, readTo, isAgain = false }: Reading,
): CheckedBatches {
  let at = 0
  let behind = from
  let least = readTo ?? 0n
  /** What was reached before the last batch, where that one is at a gap. */
  let doubted: { readonly at: number; readonly behind: bigint } | undefined
  const done = (rest?: CheckedBatches['rest']): CheckedBatches => {
    const sound = doubted ?? { at, behind }
    const why = doubted === undefined || typeof rest === 'object' ? rest : 'gap'
    return { batches: batches.subarray(0, sound.at), behind: sound.behind, rest: why }
  }
  const refuse = (problem: BatchProblem, place: { readonly offset: bigint; readonly behind: bigint }) =>
    done({ problem, place: { topic, partition, ...place } })
  while (at < batches.length) {
    const left = batches.length - at
    if (left <= MAGIC_AT) return done('cut')
    const magic = batches[at + MAGIC_AT] as number
    if (magic !== MAGIC) {
      const problem = magic < MAGIC ? oldFormat(magic) : corrupt(`its format is ${magic}, and the newest is ${MAGIC}`)
      return refuse(problem, nextAt(behind))
    }
    if (left < HEADER_BYTES) return done('cut')
    const length = batches.readInt32BE(at + BATCH_LENGTH_AT)
    if (length < HEADER_BYTES - LENGTH_FROM) return refuse(corrupt(`its length is ${length}`), nextAt(behind))
    const end = at + LENGTH_FROM + length
    if (end > batches.length) return done('cut')
    const base = batches.readBigInt64BE(at + BASE_OFFSET_AT)
    const lastDelta = batches.readInt32BE(at + LAST_OFFSET_DELTA_AT)
    const last = base + BigInt(lastDelta)
    const refuseHere = (reason: string) => {
      // Offsets that cannot be are not repeated as the place.
      const isPlausible = base >= least && lastDelta >= 0 && last >= from && last < highWatermark
      return refuse(corrupt(reason), isPlausible ? { offset: base, behind: last + 1n } : nextAt(behind))
    }
    const expected = batches.readUInt32BE(at + CRC_AT)
    const actual = crc32c(batches, at + CRC_FROM, end)
    if (actual !== expected) return refuseHere(`its checksum is ${hex(actual)} and should be ${hex(expected)}`)
    if (lastDelta < 0) return refuseHere(`its last offset is ${lastDelta} behind its first`)
    if (base < least || last < from) {
      return refuseHere(`its offsets are ${base} to ${last}, where ${behind} or later was expected`)
    }
    // The broker may take the watermark for its answer a moment before it reads the batches: the next answer tells.
    if (last >= highWatermark) return done('beyond')
    const isBegun = at === 0 && readTo === undefined && base < from
    const next = end + 8 <= batches.length ? batches.readBigInt64BE(end + BASE_OFFSET_AT) : highWatermark
    if (isBegun && !isAgain && next !== last + 1n) return done('gap')
    doubted = base > behind && !isAgain ? { at, behind } : undefined
    at = end
    behind = last + 1n
    least = behind
  }
  return done()
}

/** The place of a batch of which only the offset before it is known. */
const nextAt = (offset: bigint) => ({ offset, behind: offset + 1n })

const hex = (crc: number): string => `0x${crc.toString(16).padStart(8, '0')}`

/** The error for a batch that was left out of every answer, at the offset that was asked for. */
export function unreadable(
  rest: CheckedBatches['rest'],
  { topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: bigint },
): UnreadableBatch {
  if (typeof rest === 'object') return new UnreadableBatch(rest.problem, rest.place)
  const reason =
    rest === 'cut' ? 'it is longer than the answer' : 'its last offset is not below the high watermark of the answer'
  return new UnreadableBatch(corrupt(reason), { topic, partition, offset, behind: offset + 1n })
}

/** The error for a batch that the broker itself finds damaged (CORRUPT_MESSAGE), at the offset that was asked for. */
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
  return new UnreadableBatch(problem, { topic, partition, offset, behind: offset + 1n })
}
