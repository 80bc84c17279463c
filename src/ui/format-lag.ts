import type { GroupLag, LagReport, LagSummary, PartitionLag } from '../operations/lag/report.ts'
import type { WaitingTypes } from '../operations/lag/waiting-by-type.ts'
import { verdictCell } from './lag/verdict-cell.ts'
import { formatDuration } from './text/format-duration.ts'
import { formatTable, tableParts } from './text/table.ts'

/**
 * Formats a report as tables that programs read: groups, their topics and, on request, every partition. An absent or unknown value is `-`. Yields
 * the text in parts, because there may be many partitions.
 */
export function* formatLag(
  { groups, sample }: LagReport,
  { partitions }: { readonly partitions: boolean },
): Generator<string> {
  const isSampled = sample !== undefined
  const summary = ['LAG', 'AGE', ...(isSampled ? ['IN/S', 'OUT/S', 'CATCH-UP'] : []), 'VERDICT']
  yield* tableParts(
    ['GROUP', 'STATE', 'MEMBERS', 'TOPICS', ...summary],
    groups.map((group) => [
      group.group,
      group.state,
      group.memberCount,
      group.topics.length,
      ...summaryCells(
        group,
        isSampled,
        group.topics.flatMap((topic) => topic.partitions),
      ),
    ]),
  )
  yield '\n'
  yield* tableParts(
    ['GROUP', 'TOPIC', 'PARTITIONS', ...summary],
    groups.flatMap(({ group, topics }) =>
      topics.map((topic) => [
        group,
        topic.topic,
        topic.partitions.length,
        ...summaryCells(topic, isSampled, topic.partitions),
      ]),
    ),
  )
  if (!partitions) return
  yield '\n'
  yield* tableParts(['GROUP', 'TOPIC', 'PARTITION', 'COMMITTED', 'START', 'END', ...summary, 'HOST', 'MEMBER'], {
    *[Symbol.iterator]() {
      for (const group of groups) yield* partitionRows(group, isSampled)
    },
  })
}

function* partitionRows({ group, topics }: GroupLag, isSampled: boolean) {
  for (const { topic, partitions } of topics) {
    for (const lag of partitions) {
      const { partition, committed, start, end, memberId, host } = lag
      const offsets = [committed ?? '', start ?? '', end ?? '']
      yield [group, topic, partition, ...offsets, ...summaryCells(lag, isSampled), host ?? '', memberId ?? '']
    }
  }
}

function summaryCells(
  { lag, age, rates, verdict }: LagSummary,
  isSampled: boolean,
  parts: readonly PartitionLag[] = [],
): (string | bigint)[] {
  const { in: incoming, out, catchUp } = rates ?? {}
  const rate = (perSecond: number | undefined) => perSecond?.toFixed(1) ?? ''
  const sampled = [rate(incoming), rate(out), catchUp === undefined ? '' : formatDuration(catchUp)]
  return [
    lag ?? '',
    age === undefined ? '' : formatDuration(age),
    ...(isSampled ? sampled : []),
    verdictCell(verdict, parts),
  ]
}

/** Formats waiting events by event type. EVENTS is the number of events of this type among the READ ones of all WAITING events. */
export function formatWaiting(counted: readonly WaitingTypes[], width: number | undefined): string {
  return formatTable(
    ['GROUP', 'TOPIC', 'EVENT-TYPE', 'EVENTS', 'READ', 'WAITING'],
    counted.flatMap(({ group, topic, lag, sampled, types }) =>
      types.map(({ eventType, count }) => [group, topic, eventType, count, sampled, lag]),
    ),
    width,
  )
}
