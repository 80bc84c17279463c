import { labelPairs, sampleHead, sampleLine } from '../codecs/prometheus.ts'
import type { GroupLag, LagReport, PartitionLag } from '../operations/lag/report.ts'

type Value = number | bigint | undefined

/** Returns the sample lines of the metric with this name. */
type Samples = (name: string) => Iterable<string>

/** Formats the lag of every group in the text format of Prometheus. Yields the text in parts. An unknown value has no sample. */
export function* formatMetrics({ groups }: LagReport): Generator<string> {
  const ofGroups =
    (read: (group: GroupLag) => readonly [Readonly<Record<string, string>>, number]): Samples =>
    (name) =>
      groups.map((group) => {
        const [labels, value] = read(group)
        return sampleLine(name, labels, value)
      })
  const ofPartitions = (read: (partition: PartitionLag) => Value): Samples =>
    function* (name) {
      for (const { group, topics } of groups) {
        for (const { topic, partitions } of topics) {
          // Labels are escaped once for all partitions of the topic, since escaping takes most of the time.
          const shared = `${name}{${labelPairs({ group, topic })},partition="`
          let lines = ''
          for (const lag of partitions) {
            const value = read(lag)
            if (value !== undefined) lines += `${shared}${lag.partition}"} ${value}\n`
          }
          yield lines
        }
      }
    }
  yield* metric(
    'crbus_group_members',
    'members of the group',
    ofGroups(({ group, memberCount }) => [{ group }, memberCount]),
  )
  yield* metric(
    'crbus_group_verdict',
    'the condition of the group, judged by one snapshot',
    ofGroups(({ group, verdict = 'unknown' }) => [{ group, verdict }, 1]),
  )
  yield* metric(
    'crbus_group_committed_offset',
    'the next offset that the group reads',
    ofPartitions(({ committed }) => committed),
  )
  yield* metric(
    'crbus_group_start_offset',
    'the oldest offset of the partition',
    ofPartitions(({ start }) => start),
  )
  yield* metric(
    'crbus_group_end_offset',
    'the offset of the next event to be written',
    ofPartitions(({ end }) => end),
  )
  yield* metric(
    'crbus_group_last_stable_offset',
    'the start of the oldest open transaction; the end offset without one',
    ofPartitions(({ end, lastStable = end }) => lastStable),
  )
  yield* metric(
    'crbus_group_lag_events',
    'waiting events, from the committed offset to the end; for compacted topics the number of offsets, so fewer events may wait',
    ofPartitions(({ lag }) => lag),
  )
  yield* metric(
    'crbus_group_gone_events',
    'events after the committed offset that were deleted unread',
    ofPartitions(({ lag, gone }) => (lag === undefined ? undefined : (gone ?? 0n))),
  )
  yield* metric(
    'crbus_group_lag_seconds',
    'seconds since the first waiting event was written',
    // A lag of 0 has no age, and counts as an age of 0.
    ofPartitions(({ lag, age }) => (age === undefined ? (lag === 0n ? 0 : undefined) : age / 1000)),
  )
}

/** Yields the head of a metric and then its samples; nothing if there are no samples. */
function* metric(name: string, help: string, samples: Samples): Generator<string> {
  let head = sampleHead(name, help)
  for (const lines of samples(name)) {
    if (lines === '') continue
    yield `${head}${lines}`
    head = ''
  }
}
