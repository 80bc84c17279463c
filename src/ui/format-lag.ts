import type { GroupLag, LagReport, LagSummary } from '../operations/lag.ts'
import type { WaitingTypes } from '../operations/lag-types.ts'
import { formatDuration } from './format-duration.ts'
import { formatTable } from './table.ts'

/** Groups, then their topics, then, when asked for, every partition; `-` for what is not there or not known. */
export function formatLag({ groups, sample }: LagReport, { partitions }: { readonly partitions: boolean }): string {
  const isSampled = sample !== undefined
  const headers = [...(isSampled ? ['IN/S', 'OUT/S', 'CATCH-UP'] : [])]
  const tables = [
    formatTable(
      ['GROUP', 'STATE', 'MEMBERS', 'TOPICS', 'LAG', 'AGE', ...headers, 'VERDICT'],
      groups.map((group) => [
        group.group,
        group.state,
        group.members,
        group.topics.length,
        ...summaryCells(group, isSampled),
      ]),
    ),
    formatTable(
      ['GROUP', 'TOPIC', 'PARTITIONS', 'LAG', 'AGE', ...headers, 'VERDICT'],
      groups.flatMap(({ group, topics }) =>
        topics.map((topic) => [group, topic.topic, topic.partitions.length, ...summaryCells(topic, isSampled)]),
      ),
    ),
  ]
  if (partitions) {
    tables.push(
      formatTable(
        ['GROUP', 'TOPIC', 'PARTITION', 'COMMITTED', 'START', 'END', 'MEMBER', 'HOST', 'LAG', 'AGE', ...headers].concat(
          'VERDICT',
        ),
        groups.flatMap((group) => partitionRows(group, isSampled)),
      ),
    )
  }
  return tables.join('\n')
}

const partitionRows = ({ group, topics }: GroupLag, isSampled: boolean) =>
  topics.flatMap(({ topic, partitions }) =>
    partitions.map((place) => {
      const { partition, committed, start, end, member, host } = place
      const offsets = [committed ?? '', start ?? '', end ?? '']
      return [group, topic, partition, ...offsets, member ?? '', host ?? '', ...summaryCells(place, isSampled)]
    }),
  )

function summaryCells({ lag, age, rates, verdict }: LagSummary, isSampled: boolean): (string | bigint)[] {
  const { in: incoming, out, catchUp } = rates ?? {}
  const rate = (perSecond: number | undefined) => perSecond?.toFixed(1) ?? ''
  const sampled = [rate(incoming), rate(out), catchUp === undefined ? '' : formatDuration(catchUp)]
  return [lag ?? '', age === undefined ? '' : formatDuration(age), ...(isSampled ? sampled : []), verdict ?? '']
}

/** What waits by event type: so many EVENTS of those READ, of all that are WAITING. */
export function formatWaiting(counted: readonly WaitingTypes[]): string {
  return formatTable(
    ['GROUP', 'TOPIC', 'EVENT-TYPE', 'EVENTS', 'READ', 'WAITING'],
    counted.flatMap(({ group, topic, waiting, read, types }) =>
      types.map(({ eventType, count }) => [group, topic, eventType, count, read, waiting]),
    ),
  )
}
