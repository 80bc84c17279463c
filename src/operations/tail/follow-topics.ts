import type { TopicSummary } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { OutageOptions } from '../../bus/outage.ts'
import type { BusRecord } from '../../bus/record.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import type { PartitionChoice } from '../offsets/resolve-slices.ts'
import type { TailNotice } from './notices.ts'

/** Milliseconds between two checks for partitions that were added to followed topics. */
export const PARTITION_CHECK_INTERVAL_MS = 10_000

export interface FollowRequest {
  /** The partitions to follow, each from the offset `from`. `to` is ignored. */
  readonly slices: readonly LogSlice[]
  /** Partitions of each topic. Absent: all. A topic with a choice is not checked for new partitions. */
  readonly partitions?: PartitionChoice | undefined
  /** Whether to follow a topic that is created later. Absent: none. */
  readonly matches?: ((topic: TopicSummary) => boolean) | undefined
  /** Milliseconds between checks for new topics and partitions. Absent: {@link PARTITION_CHECK_INTERVAL_MS}. */
  readonly checkEvery?: number | undefined
  readonly signal: AbortSignal
  readonly onNotice: (notice: TailNotice) => void
  /** Called when an outage begins or ends. */
  readonly onOutage?: OutageOptions['onOutage']
  /** Milliseconds that an outage may last before following fails. Absent: no limit. */
  readonly outageLimit?: number | undefined
}

/**
 * Yields the records of partitions as they arrive, also of partitions that are added to their topics and of new topics that match,
 * until the signal aborts.
 */
export async function* followTopics(bus: EventBus, request: FollowRequest): AsyncGenerator<readonly BusRecord[]> {
  const { slices, signal, onNotice, onOutage, outageLimit } = request
  const nextOffsets = new Map(slices.map(({ topic, partition, from }) => [partitionName({ topic, partition }), from]))
  let following: readonly LogSlice[] = slices
  while (!signal.aborted) {
    // Aborted when partitions were added: the loop then starts a new read that includes them.
    const restart = new AbortController()
    const both = AbortSignal.any([signal, restart.signal])
    let added: readonly LogSlice[] = []
    // Do not await this: it ends when partitions are added. After an abort, it may still wait for a bus that does not answer.
    void addedPartitions(bus, following, request, both).then((found) => {
      added = found
      restart.abort()
    })
    try {
      const open = following.map(({ topic, partition, from }) => {
        return { topic, partition, from: nextOffsets.get(partitionName({ topic, partition })) ?? from }
      })
      for await (const batch of bus.log.read(open, { signal: both, onOutage, outageLimit })) {
        const last = batch.at(-1)
        if (last) nextOffsets.set(partitionName(last), last.offset + 1n)
        yield batch
      }
    } finally {
      restart.abort()
    }
    for (const [topic, own] of Map.groupBy(added, (one) => one.topic)) {
      const isNew = !following.some((known) => known.topic === topic)
      if (isNew) onNotice({ code: 'topic-added', topic })
      else onNotice({ code: 'partitions-added', topic, partitions: own.map(({ partition }) => partition) })
    }
    following = [...following, ...added]
  }
}

/**
 * Resolves with the partitions that are added to the topics, and those of new topics, as soon as there are some; after an abort with
 * an empty list.
 */
async function addedPartitions(
  bus: EventBus,
  known: readonly LogSlice[],
  { partitions, matches, checkEvery = PARTITION_CHECK_INTERVAL_MS }: FollowRequest,
  signal: AbortSignal,
): Promise<readonly LogSlice[]> {
  const knownNames = new Set(known.map(partitionName))
  const knownTopics = new Set(known.map(({ topic }) => topic))
  const growing = [...knownTopics].filter((topic) => partitions?.(topic) === undefined)
  while (true) {
    await sleep(checkEvery, signal)
    if (signal.aborted) return []
    // Ignore outages here: the reader reports them.
    const all = matches === undefined ? [] : await bus.admin.listTopics().catch(() => [])
    const created = all.filter((topic) => !knownTopics.has(topic.topic) && matches?.(topic)).map(({ topic }) => topic)
    const topics = [...growing, ...created]
    const ranges = topics.length === 0 ? undefined : await bus.log.rangesOf(topics).catch(() => undefined)
    const added = [...(ranges ?? [])].flatMap(([topic, own]) => {
      const chosen = partitions?.(topic)
      return own
        .filter(({ partition }) => chosen?.includes(partition) ?? true)
        .map(({ partition, start }) => ({ topic, partition, from: start }))
        .filter((slice) => !knownNames.has(partitionName(slice)))
    })
    if (added.length > 0) return added
  }
}
