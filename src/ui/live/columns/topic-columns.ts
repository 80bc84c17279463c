import { formatCount, formatRate } from '../../lag/short-values.ts'
import { formatDuration } from '../../text/format-duration.ts'
import type { TopicRow } from '../state/topics-state.ts'
import type { Palette } from '../text/palette.ts'
import type { Column, Columns } from './fit-columns.ts'
import { ABSENT, nameColumn, numberColumn } from './lag-columns.ts'

/** Returns the columns of the list of topics. */
export function topicColumns(rows: readonly TopicRow[], palette: Palette): Columns<TopicRow> {
  const name = nameColumn('TOPIC', 15, rows, (row) => row.name)
  const partitions = numberColumn('PARTITIONS', 10, ({ topic }: TopicRow) => topic.partitionCount, String)
  const events: Column<TopicRow> = {
    title: 'EVENTS',
    min: 8,
    max: 8,
    align: 'right',
    cell: ({ topic: { counts, eventCount } }) => ({
      text: `${counts === 'offsets' ? '≤' : ''}${formatCount(eventCount)}`,
    }),
  }
  const rate: Column<TopicRow> = {
    ...numberColumn('/S', 6, ({ topic }: TopicRow) => topic.rate, formatRate),
    cell: ({ topic: { rate: value } }) => ({
      text: value === undefined ? ABSENT : formatRate(value),
      paint: value !== undefined && value > 0 ? palette.trend : undefined,
    }),
  }
  const groups: Column<TopicRow> = {
    ...nameColumn('GROUPS', 8, rows, ({ readers }) => groupsText(readers)),
    cell: ({ readers }, width) => ({ text: groupsText(readers).slice(0, width * 2), paint: palette.quiet }),
  }
  const retention = nameColumn('RETENTION', 9, rows, retentionText)
  return {
    shown: [name, partitions, events, rate, retention, groups],
    ranked: [name, events, rate, groups, partitions, name, retention],
  }
}

/** Returns the number of groups and their names. */
const groupsText = (readers: readonly string[]): string =>
  readers.length === 0 ? ABSENT : `${readers.length} ${readers.join(' ')}`

/** Returns how long and up to which size events are kept: `7d`, `1h, 1.0 GB`, `compact`, `forever`. */
function retentionText({ topic: { config } }: TopicRow): string {
  if (config === undefined) return ABSENT
  const time = config.get('retention.ms')
  const isCompacted = config.get('cleanup.policy')?.includes('compact') ?? false
  const kept = time === undefined ? [] : [Number(time) < 0 ? 'forever' : formatDuration(Number(time))]
  const parts = [...(isCompacted ? ['compact'] : []), ...kept]
  return parts.length === 0 ? 'default' : parts.join(', ')
}
