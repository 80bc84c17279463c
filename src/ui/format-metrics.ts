import { labelPairs, sampleHead, sampleLine } from '../codecs/prometheus.ts'
import type { GroupLag, LagReport, PartitionLag } from '../operations/lag/lag.ts'

type Value = number | bigint | undefined

/** Samples of one metric. */
type Samples = (name: string) => Iterable<string>

/** The lag of every group in Prometheus's text format, a metric at a time, in parts. What is not known has no sample. */
export function* formatMetrics({ groups }: LagReport): Generator<string> {
  const ofGroups =
    (read: (group: GroupLag) => readonly [Readonly<Record<string, string>>, number]): Samples =>
    (name) =>
      groups.map((group) => {
        const [labels, value] = read(group)
        return sampleLine(name, labels, value)
      })
  const ofPlaces = (read: (place: PartitionLag) => Value): Samples =>
    function* (name) {
      for (const { group, topics } of groups) {
        for (const { topic, partitions } of topics) {
          // Escaped once for all partitions of the topic, since escaping takes most of the time.
          const shared = `${name}{${labelPairs({ group, topic })},partition="`
          let lines = ''
          for (const place of partitions) {
            const value = read(place)
            if (value !== undefined) lines += `${shared}${place.partition}"} ${value}\n`
          }
          yield lines
        }
      }
    }
  yield* metric(
    'crbus_group_members',
    'members of the group',
    ofGroups(({ group, members }) => [{ group }, members]),
  )
  yield* metric(
    'crbus_group_verdict',
    'what is the matter with the group, as far as one look can tell',
    ofGroups(({ group, verdict = 'unknown' }) => [{ group, verdict }, 1]),
  )
  yield* metric(
    'crbus_group_committed_offset',
    'the next offset the group reads',
    ofPlaces(({ committed }) => committed),
  )
  yield* metric(
    'crbus_group_start_offset',
    'the oldest offset of the partition',
    ofPlaces(({ start }) => start),
  )
  yield* metric(
    'crbus_group_end_offset',
    'the offset the next event gets',
    ofPlaces(({ end }) => end),
  )
  yield* metric(
    'crbus_group_last_stable_offset',
    'where the oldest open transaction begins, else the end',
    ofPlaces(({ end, lastStable = end }) => lastStable),
  )
  yield* metric(
    'crbus_group_lag_events',
    'events that wait, from the committed offset to the end; offsets of compacted topics, at most as many events',
    ofPlaces(({ lag }) => lag),
  )
  yield* metric(
    'crbus_group_gone_events',
    'events behind the committed offset that were deleted unread',
    ofPlaces(({ lag, gone }) => (lag === undefined ? undefined : (gone ?? 0n))),
  )
  yield* metric(
    'crbus_group_lag_seconds',
    'since the first waiting event was written',
    // Nothing waits where a lag is known and no age is.
    ofPlaces(({ lag, age }) => (age === undefined ? (lag === 0n ? 0 : undefined) : age / 1000)),
  )
}

/** Its head stands before the first sample, and not at all without one. */
function* metric(name: string, help: string, samples: Samples): Generator<string> {
  let head = sampleHead(name, help)
  for (const lines of samples(name)) {
    if (lines === '') continue
    yield `${head}${lines}`
    head = ''
  }
}
