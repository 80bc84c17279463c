import type { GroupLag, LagReport } from '../operations/lag.ts'
import { sampleHead, sampleLine } from './prometheus.ts'

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [labels: Labels, value: number | bigint | undefined]
type PlaceOf = GroupLag['topics'][number]['partitions'][number]

/** The lag of every group in Prometheus's text format, a metric at a time. What is not known has no sample. */
export function* formatMetrics({ groups }: LagReport): Generator<string> {
  const places = groups.flatMap(({ group, topics }) =>
    topics.flatMap(({ topic, partitions }) =>
      partitions.map((place) => ({ labels: { group, topic, partition: place.partition }, place })),
    ),
  )
  const ofPlaces = (read: (place: PlaceOf) => number | bigint | undefined): Sample[] =>
    places.map(({ labels, place }) => [labels, read(place)])
  const ofGroups = (read: (group: GroupLag) => number): Sample[] =>
    groups.map((group) => [{ group: group.group }, read(group)])
  yield metric(
    'crbus_group_members',
    'members of the group',
    ofGroups(({ members }) => members),
  )
  yield metric(
    'crbus_group_verdict',
    'what is the matter with the group, as far as one look can tell',
    groups.map(({ group, verdict = 'unknown' }): Sample => [{ group, verdict }, 1]),
  )
  yield metric(
    'crbus_group_committed_offset',
    'the next offset the group reads',
    ofPlaces(({ committed }) => committed),
  )
  yield metric(
    'crbus_group_start_offset',
    'the oldest offset of the partition',
    ofPlaces(({ start }) => start),
  )
  yield metric(
    'crbus_group_end_offset',
    'the offset the next event gets',
    ofPlaces(({ end }) => end),
  )
  yield metric(
    'crbus_group_lag_events',
    'events between the committed offset and the end',
    ofPlaces(({ lag }) => lag),
  )
  yield metric(
    'crbus_group_lag_seconds',
    'since the first waiting event was written',
    // Nothing waits where a lag is known and no age is.
    ofPlaces(({ lag, age }) => (age === undefined ? (lag === 0n ? 0 : undefined) : age / 1000)),
  )
}

function metric(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.flatMap(([labels, value]) => (value === undefined ? [] : [sampleLine(name, labels, value)]))
  return lines.length === 0 ? '' : `${sampleHead(name, help)}${lines.join('')}`
}
