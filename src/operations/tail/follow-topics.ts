import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { OutageOptions } from '../../bus/outage.ts'
import type { BusRecord } from '../../bus/record.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import type { TailNotice } from './notices.ts'

/** Milliseconds between two checks for partitions that were added to followed topics. */
export const PARTITION_CHECK_INTERVAL_MS = 10_000

export interface FollowRequest {
  /** The partitions to follow, each from the offset `from`. `to` is ignored. */
  readonly slices: readonly LogSlice[]
  /** Milliseconds between checks for new partitions. Absent: {@link PARTITION_CHECK_INTERVAL_MS}. `'never'`: do not check. */
  readonly checkEvery?: number | 'never' | undefined
  readonly signal: AbortSignal
  readonly onNotice: (notice: TailNotice) => void
  /** Called when an outage begins or ends. A follower waits for the end of an outage without a limit. */
  readonly onOutage?: OutageOptions['onOutage']
}

/**
 * Yields the records of partitions as they arrive, also of partitions that are added to their topics, until the signal aborts.
 */
export async function* followTopics(bus: EventBus, request: FollowRequest): AsyncGenerator<readonly BusRecord[]> {
  const { slices, checkEvery = PARTITION_CHECK_INTERVAL_MS, signal, onNotice, onOutage } = request
  const nextOffsets = new Map(slices.map(({ topic, partition, from }) => [partitionName({ topic, partition }), from]))
  let following: readonly LogSlice[] = slices
  while (!signal.aborted) {
    // Aborted when partitions were added: the loop then starts a new read that includes them.
    const restart = new AbortController()
    const both = AbortSignal.any([signal, restart.signal])
    let added: readonly LogSlice[] = []
    if (checkEvery !== 'never') {
      // Do not await this: it ends when partitions are added. After an abort, it may still wait for a bus that does not answer.
      void addedPartitions(bus, following, checkEvery, both).then((found) => {
        added = found
        restart.abort()
      })
    }
    try {
      const open = following.map(({ topic, partition, from }) => {
        return { topic, partition, from: nextOffsets.get(partitionName({ topic, partition })) ?? from }
      })
      for await (const batch of bus.log.read(open, { signal: both, onOutage })) {
        const last = batch.at(-1)
        if (last) nextOffsets.set(partitionName(last), last.offset + 1n)
        yield batch
      }
    } finally {
      restart.abort()
    }
    for (const [topic, own] of Map.groupBy(added, (one) => one.topic)) {
      onNotice({ code: 'partitions-added', topic, partitions: own.map(({ partition }) => partition) })
    }
    following = [...following, ...added]
  }
}

/** Resolves with the partitions that are added to the topics, as soon as there are some; after an abort with an empty list. */
async function addedPartitions(
  bus: EventBus,
  known: readonly LogSlice[],
  interval: number,
  signal: AbortSignal,
): Promise<readonly LogSlice[]> {
  const knownNames = new Set(known.map(partitionName))
  const topics = [...new Set(known.map(({ topic }) => topic))]
  while (true) {
    await sleep(interval, signal)
    if (signal.aborted) return []
    // Ignore outages here: the reader reports them.
    const ranges = await bus.log.rangesOf(topics).catch(() => undefined)
    const added = [...(ranges ?? [])].flatMap(([topic, own]) =>
      own
        .map(({ partition, start }) => ({ topic, partition, from: start }))
        .filter((slice) => !knownNames.has(partitionName(slice))),
    )
    if (added.length > 0) return added
  }
}
