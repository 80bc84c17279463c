import { UnreadableError } from '../../bus/errors.ts'
import { isOutage } from '../../bus/outage.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, ReadOptions, TopicLog } from '../../bus/topic-log.ts'

/** The most records that one request reads by their offsets. Records may have a megabyte each. */
const MAX_POSITIONS = 64
/** Offsets that are at most this far apart are read with the records between them, which costs less than a request each. */
const MAX_GAP = 16n
/** A range with at least this number of offsets is read as a whole. */
const MIN_RANGE_OFFSETS = 16

/** What reads records by their offsets. `read` may leave out records that cannot be read. */
export interface OffsetsLog extends Pick<TopicLog, 'firstRecords'> {
  read(slices: readonly OffsetsSlice[], options: ReadOptions): AsyncIterable<readonly BusRecord[]>
}

type OffsetsSlice = LogSlice & { readonly to: bigint }

/** Reads the records at some offsets of a partition, and perhaps others near them, in offset order. */
export async function* readOffsets(
  log: OffsetsLog,
  { topic, partition }: Pick<LogSlice, 'topic' | 'partition'>,
  offsets: readonly bigint[],
  options: ReadOptions,
): AsyncGenerator<readonly BusRecord[]> {
  let single: OffsetsSlice[] = []
  for (const near of nearOffsets(offsets)) {
    if (options.signal?.aborted) return
    const isRange = near.length >= MIN_RANGE_OFFSETS
    if (isRange || single.length + near.length > MAX_POSITIONS) {
      yield* readSingle(log, single, options)
      single = []
    }
    if (isRange) {
      const [from, last] = [near[0] as bigint, near.at(-1) as bigint]
      yield* log.read([{ topic, partition, from, to: last + 1n }], options)
    } else {
      for (const offset of near) single.push({ topic, partition, from: offset, to: offset + 1n })
    }
  }
  yield* readSingle(log, single, options)
}

/** Divides sorted offsets into parts whose offsets are near each other. */
function* nearOffsets(offsets: readonly bigint[]): Generator<readonly bigint[]> {
  let start = 0
  for (let at = 1; at <= offsets.length; at += 1) {
    if (at < offsets.length && (offsets[at] as bigint) - (offsets[at - 1] as bigint) <= MAX_GAP) continue
    yield offsets.slice(start, at)
    start = at
  }
}

/** Reads slices of one record each in one request, where `TopicLog.read` takes one or more for each slice. */
async function* readSingle(
  log: OffsetsLog,
  slices: readonly OffsetsSlice[],
  options: ReadOptions,
): AsyncGenerator<readonly BusRecord[]> {
  if (slices.length === 0 || options.signal?.aborted) return
  try {
    yield (await log.firstRecords(slices)).filter((record) => record !== undefined)
  } catch (error) {
    // `read` waits for the end of an outage, and yields the records before one that cannot be read.
    if (!(error instanceof UnreadableError) && !isOutage(error)) throw error
    for (const slice of slices) yield* log.read([slice], options)
  }
}
