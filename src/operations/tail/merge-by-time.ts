import type { BusRecord } from '../../bus/record.ts'

/** A partition that is merged, with its current batch and the index of the next record in the batch. */
interface Source {
  readonly batches: AsyncIterator<readonly BusRecord[]>
  batch: readonly BusRecord[]
  index: number
}

/**
 * Merges partitions by record timestamp and keeps the offset order within each partition. Takes records in runs: as long as the
 * next records of one partition are the oldest, they are taken together, with one comparison per record. The partitions are
 * compared only once per run.
 */
export async function* mergeByTime(
  partitions: readonly AsyncIterable<readonly BusRecord[]>[],
): AsyncGenerator<readonly BusRecord[]> {
  const sources: Source[] = partitions.map((partition) => ({
    batches: partition[Symbol.asyncIterator](),
    batch: [],
    index: 0,
  }))
  try {
    const filled = await Promise.all(sources.map(fill))
    let live = sources.filter((_, index) => filled[index])
    let merged: BusRecord[] = []
    while (live.length > 0) {
      const oldest = live.reduce((a, b) => (headTime(b) < headTime(a) ? b : a))
      // The oldest record of the other partitions ends the run. Of equal times, the earlier partition of the list is first, so
      // that the order does not depend on the batches.
      const at = live.indexOf(oldest)
      const before = minTime(live.slice(0, at))
      const after = minTime(live.slice(at + 1))
      const isNext = (time: bigint) => (before === undefined || time < before) && (after === undefined || time <= after)
      const { batch } = oldest
      let end = oldest.index + 1
      while (end < batch.length && isNext((batch[end] as BusRecord).timestamp)) end += 1
      for (let index = oldest.index; index < end; index += 1) merged.push(batch[index] as BusRecord)
      oldest.index = end
      // Loading the next batch may take long, so yield what there is before that.
      if (merged.length >= MAX_YIELDED_RECORDS || end === batch.length) {
        yield merged
        merged = []
      }
      if (end === batch.length && !(await fill(oldest))) live = live.filter((source) => source !== oldest)
    }
    if (merged.length > 0) yield merged
  } finally {
    await Promise.all(sources.map(({ batches }) => batches.return?.()))
  }
}

const MAX_YIELDED_RECORDS = 1000

/** Returns the timestamp of the next record of a source. */
const headTime = ({ batch, index }: Source): bigint => (batch[index] as BusRecord).timestamp

/** The earliest next timestamp of some sources. */
const minTime = (sources: readonly Source[]): bigint | undefined =>
  sources.reduce<bigint | undefined>((time, source) => {
    const head = headTime(source)
    return time === undefined || head < time ? head : time
  }, undefined)

/** Loads the next batch of a source that is not empty. Returns false if the source has ended. */
async function fill(source: Source): Promise<boolean> {
  while (true) {
    const { done, value } = await source.batches.next()
    if (done) return false
    if (value.length === 0) continue
    source.batch = value
    source.index = 0
    return true
  }
}
