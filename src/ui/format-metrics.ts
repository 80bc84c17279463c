import type { GroupLag, LagReport } from '../operations/lag.ts'
import { sampleHead, sampleLine } from './prometheus.ts'

type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number | bigint | undefined]
type PlaceOf = GroupLag['topics'][number]['partitions'][number]

/** The lag of every group in Prometheus's text format, a metric at a time, in parts. What is not known has no sample. */
export function* formatMetrics({ groups }: LagReport): Generator<string> {
  const ofGroups = (read: (group: GroupLag) => Sample) => groups.map((group) => [read(group)])
  const ofPlaces = (read: (place: PlaceOf) => number | bigint | undefined): Iterable<readonly Sample[]> => ({
    *[Symbol.iterator]() {
      for (const { group, topics } of groups) {
        for (const { topic, partitions } of topics) {
          yield partitions.map((place) => [{ group, topic, partition: place.partition }, read(place)] as const)
        }
      }
    },
  })
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
    ofPlaces(({ lastStable }) => lastStable),
  )
  yield* metric(
    'crbus_group_lag_events',
    'events from the committed offset to the end',
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
function* metric(name: string, help: string, parts: Iterable<readonly Sample[]>): Generator<string> {
  let head = sampleHead(name, help)
  for (const samples of parts) {
    const lines = samples.flatMap(([labels, value]) => (value === undefined ? [] : [sampleLine(name, labels, value)]))
    if (lines.length === 0) continue
    yield `${head}${lines.join('')}`
    head = ''
  }
}
