import { formatCount, formatRate } from '../../lag/short-values.ts'
import { formatBytes } from '../../text/format-bytes.ts'
import { formatDuration } from '../../text/format-duration.ts'
import type { TopicRow } from '../state/views/topics-state.ts'
import type { Palette } from '../text/palette.ts'
import type { Column, Columns } from './fit-columns.ts'
import { ABSENT, nameColumn, numberColumn } from './lag-columns.ts'

/** The width of the longest size. */
const BYTES_CELLS = '1023.9 KiB'.length

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
      text: eventCount === undefined ? ABSENT : `${counts === 'offsets' ? '≤' : ''}${formatCount(eventCount)}`,
    }),
  }
  const rate: Column<TopicRow> = {
    ...numberColumn('/S', 6, ({ topic }: TopicRow) => topic.rate, formatRate),
    cell: ({ topic: { rate: value } }) => ({
      text: value === undefined ? ABSENT : formatRate(value),
      paint: value !== undefined && value > 0 ? palette.trend : undefined,
    }),
  }
  const bytes = numberColumn(
    'BYTES',
    BYTES_CELLS,
    ({ topic }: TopicRow) => topic.bytes,
    (size) => formatBytes(Number(size)),
  )
  const groups: Column<TopicRow> = {
    ...nameColumn('GROUPS', 8, rows, ({ readers }) => groupsText(readers)),
    cell: ({ readers }, width) => ({ text: groupsText(readers).slice(0, width * 2), paint: palette.quiet }),
  }
  const retention = nameColumn('RETENTION', 9, rows, retentionText)
  // The embedded bus knows no sizes: there, the column is shown only if there is room for everything else.
  const hasBytes = rows.some(({ topic }) => topic.bytes !== undefined)
  return {
    shown: [name, partitions, events, rate, bytes, retention, groups],
    ranked: [name, events, rate, ...(hasBytes ? [bytes] : []), groups, partitions, retention, retention, name, bytes],
  }
}

/** Returns the number of groups and their names. */
const groupsText = (readers: readonly string[]): string =>
  readers.length === 0 ? ABSENT : `${readers.length} ${readers.join(' ')}`

/** Returns how long and up to which size of a partition events are kept: `7d`, `1h, 1.0 GiB`, `compact`, `forever`. */
function retentionText({ topic: { config } }: TopicRow): string {
  if (config === undefined) return ABSENT
  const [time, size] = ['retention.ms', 'retention.bytes'].map((name) => config.get(name))
  const policies = config.get('cleanup.policy')?.split(',') ?? ['delete']
  const kept = [
    ...(time === undefined ? [] : [Number(time) < 0 ? 'forever' : formatDuration(Number(time))]),
    ...(size === undefined || Number(size) < 0 ? [] : [formatBytes(Number(size))]),
  ]
  // Retention applies only where the policy is to delete.
  const parts = [...(policies.includes('compact') ? ['compact'] : []), ...(policies.includes('delete') ? kept : [])]
  return parts.length === 0 ? 'default' : parts.join(', ')
}
