import type { BusRecord } from '../../bus/record.ts'

interface Source {
  readonly batches: AsyncIterator<readonly BusRecord[]>
  batch: readonly BusRecord[]
  index: number
}

/**
 * Merges partitions by record timestamp and keeps the offset order within each partition. Copies runs: as long as one partition
 * has the oldest records, they are taken together, so the cost is one comparison per record and one step per run.
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
    let out: BusRecord[] = []
    while (live.length > 0) {
      const oldest = live.reduce((a, b) => (headTime(b) < headTime(a) ? b : a))
      const next = live.reduce<bigint | undefined>((time, source) => {
        if (source === oldest) return time
        const head = headTime(source)
        return time === undefined || head < time ? head : time
      }, undefined)
      const { batch } = oldest
      let end = oldest.index + 1
      while (end < batch.length && (next === undefined || (batch[end] as BusRecord).timestamp <= next)) end += 1
      for (let index = oldest.index; index < end; index += 1) out.push(batch[index] as BusRecord)
      oldest.index = end
      if (out.length >= 1000 || end === batch.length) {
        yield out
        out = []
      }
      if (end === batch.length && !(await fill(oldest))) live = live.filter((source) => source !== oldest)
    }
    if (out.length > 0) yield out
  } finally {
    await Promise.all(sources.map(({ batches }) => batches.return?.()))
  }
}

const headTime = ({ batch, index }: Source): bigint => (batch[index] as BusRecord).timestamp

/** Loads the next batch of a source. Returns false when it has ended. */
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
