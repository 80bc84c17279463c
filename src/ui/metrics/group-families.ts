import { labelPairs, sampleLine } from '../../codecs/prometheus.ts'
import type { GroupLag, LagReport, PartitionLag } from '../../operations/lag/report.ts'
import type { LagVerdict } from '../../operations/lag/verdict.ts'
import type { MetricFamily } from './family.ts'

type Value = number | bigint | undefined

/** The values of the label `verdict`. `unknown`: the measurements do not allow a verdict. */
const verdicts = Object.keys({
  'beyond-the-log': true,
  stopped: true,
  stalled: true,
  rewound: true,
  'held-back': true,
  'falling-behind': true,
  'never-committed': true,
  'catching-up': true,
  ok: true,
  unknown: true,
} satisfies Record<LagVerdict | 'unknown', true>)

/** Returns the metrics of consumer groups. */
export function groupFamilies({ groups }: LagReport): readonly MetricFamily[] {
  const ofGroups =
    (read: (group: GroupLag) => Value): MetricFamily['samples'] =>
    (name) =>
      groups.map((group) => {
        const value = read(group)
        return value === undefined ? '' : sampleLine(name, { group: group.group }, value)
      })
  const ofPartitions = (read: (partition: PartitionLag) => Value): MetricFamily['samples'] =>
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
  return [
    {
      name: 'crbus_group_members',
      help: 'members of the group',
      samples: ofGroups(({ memberCount }) => memberCount),
    },
    {
      name: 'crbus_group_verdict',
      help: 'the condition of the group: 1 for the verdict that holds, 0 for the others',
      samples: (name) =>
        groups.map(({ group, verdict: own = 'unknown' }) =>
          verdicts.map((verdict) => sampleLine(name, { group, verdict }, verdict === own ? 1 : 0)).join(''),
        ),
    },
    {
      name: 'crbus_group_catch_up_seconds',
      help: 'seconds until no event waits, at the present rates; absent if the lag does not shrink',
      unit: 'seconds',
      samples: ofGroups(({ rates }) => (rates?.catchUp === undefined ? undefined : rates.catchUp / 1000)),
    },
    {
      name: 'crbus_group_committed_offset',
      help: 'the next offset that the group reads; a reset may decrease it',
      samples: ofPartitions(({ committed }) => committed),
    },
    {
      name: 'crbus_group_lag_events',
      help: 'waiting events, from the committed offset to the end; for compacted topics the number of offsets, so fewer events may wait',
      samples: ofPartitions(({ lag }) => lag),
    },
    {
      name: 'crbus_group_gone_events',
      help: 'events after the committed offset that were deleted unread',
      samples: ofPartitions(({ lag, gone }) => (lag === undefined ? undefined : (gone ?? 0n))),
    },
    {
      name: 'crbus_group_lag_seconds',
      help: 'seconds since the first waiting event was written',
      unit: 'seconds',
      // A lag of 0 has no age, and counts as an age of 0.
      samples: ofPartitions(({ lag, age }) => (age === undefined ? (lag === 0n ? 0 : undefined) : age / 1000)),
    },
  ]
}
