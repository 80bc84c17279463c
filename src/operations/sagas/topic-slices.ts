import type { EventBus } from '../../bus/event-bus.ts'
import { type LogSlice, stableEndOf } from '../../bus/topic-log.ts'

/** A range of offsets to read, and the oldest offset that the partition still has. */
export type TopicSlice = LogSlice & { readonly to: bigint; readonly start: bigint }

/** Returns what topics have since a time (milliseconds since 1970; absent: everything), and the topics that do not exist. */
export async function slicesOf(
  bus: EventBus,
  topics: readonly string[],
  since: number | undefined,
): Promise<{ readonly slices: readonly TopicSlice[]; readonly missing: readonly string[]; readonly total: number }> {
  const ranges = await bus.log.rangesOf(topics)
  const slices: TopicSlice[] = []
  for (const [topic, partitions] of ranges) {
    const from = since === undefined ? undefined : await bus.log.offsetsAt(topic, BigInt(Math.trunc(since)))
    for (const range of partitions) {
      const { partition, start } = range
      slices.push({ topic, partition, from: from?.get(partition) ?? start, to: stableEndOf(range), start })
    }
  }
  const total = slices.reduce((sum, { from, to }) => sum + Number(to > from ? to - from : 0n), 0)
  return { slices, missing: topics.filter((topic) => !ranges.has(topic)), total }
}

/**
 * Returns for each topic whose oldest events are deleted the time of the first event that remains, in milliseconds since 1970. If none
 * remains in a partition, it is infinite, because the time of the last one is not known.
 */
export async function knownSince(bus: EventBus, slices: readonly TopicSlice[]): Promise<ReadonlyMap<string, number>> {
  const cut = slices.filter(({ start }) => start > 0n)
  const times = new Map<string, number>()
  if (cut.length === 0) return times
  const firsts = await bus.log.firstRecords(
    cut.map(({ topic, partition, start, to }) => ({ topic, partition, from: start, to })),
  )
  for (const [at, { topic }] of cut.entries()) {
    const first = Number(firsts[at]?.timestamp ?? Number.POSITIVE_INFINITY)
    times.set(topic, Math.max(times.get(topic) ?? first, first))
  }
  return times
}
