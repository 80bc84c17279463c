import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { OutageOptions } from '../../bus/outage.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import { systemClock } from '../pace.ts'

/** How often who follows topics looks for partitions that were added to them, in milliseconds. */
export const LOOK_INTERVAL = 10_000

export interface FollowRequest {
  /** Where to begin. A `to` is not looked at. */
  readonly slices: readonly LogSlice[]
  /** Absent: {@link LOOK_INTERVAL}. `'never'`: these partitions and no others. */
  readonly lookEvery?: number | 'never' | undefined
  readonly signal: AbortSignal
  readonly onNotice: (notice: string) => void
  /** Told when the bus does not answer for a while, which is waited for however long it lasts. */
  readonly onOutage?: OutageOptions['onOutage']
}

/** Reads partitions as they grow, and those that are added to their topics, until the signal aborts. */
export async function* followTopics(bus: EventBus, request: FollowRequest): AsyncGenerator<readonly BusRecord[]> {
  const { slices, lookEvery = LOOK_INTERVAL, signal, onNotice, onOutage } = request
  const places = new Map(slices.map(({ topic, partition, from }) => [partitionName({ topic, partition }), from]))
  let following: readonly LogSlice[] = slices
  while (!signal.aborted) {
    const reading = new AbortController()
    const both = AbortSignal.any([signal, reading.signal])
    let added: readonly LogSlice[] = []
    if (lookEvery !== 'never') {
      // Not waited for: at the end it may still be asking a bus that does not answer.
      void addedTo(bus, following, lookEvery, both).then((found) => {
        added = found
        reading.abort()
      })
    }
    try {
      const open = following.map(({ topic, partition, from }) => {
        return { topic, partition, from: places.get(partitionName({ topic, partition })) ?? from }
      })
      for await (const batch of bus.log.read(open, { signal: both, onOutage })) {
        const last = batch.at(-1)
        if (last) places.set(partitionName(last), last.offset + 1n)
        yield batch
      }
    } finally {
      reading.abort()
    }
    for (const [topic, own] of Map.groupBy(added, (one) => one.topic)) {
      const partitions = own.map(({ partition }) => partition).join(', ')
      onNotice(`${topic} was given more partitions, which are followed too: ${partitions}`)
    }
    following = [...following, ...added]
  }
}

/** Resolves with what was added to the topics as soon as something was, from its start on; with nothing at the abort. */
async function addedTo(
  bus: EventBus,
  known: readonly LogSlice[],
  interval: number,
  signal: AbortSignal,
): Promise<readonly LogSlice[]> {
  const places = new Set(known.map(partitionName))
  const topics = [...new Set(known.map(({ topic }) => topic))]
  while (true) {
    await systemClock.sleep(interval, signal)
    if (signal.aborted) return []
    // A bus that does not answer is told by the reading itself.
    const ranges = await bus.log.rangesOf(topics).catch(() => undefined)
    const added = [...(ranges ?? [])].flatMap(([topic, own]) =>
      own
        .map(({ partition, start }) => ({ topic, partition, from: start }))
        .filter((slice) => !places.has(partitionName(slice))),
    )
    if (added.length > 0) return added
  }
}
