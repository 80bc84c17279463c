import { formatCount, formatRate } from '../../lag/short-values.ts'
import { plural } from '../../text/listed.ts'
import { topicColumns } from '../columns/topic-columns.ts'
import { groupsLayout, type Size, textWidth } from '../state/layout.ts'
import type { TopicsState } from '../state/views/topics-state.ts'
import type { StyledText } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { tableLines } from './table-lines.ts'

/** Returns the title of the list of topics: `4 topics · 12,345 events · 40.1/s`. */
export function topicsTitle({ measured, list }: TopicsState, palette: Palette): readonly StyledText[] {
  const name: StyledText = { text: 'crbus topics', paint: palette.title }
  if (measured === undefined) return [name, { text: '  measuring' }]
  const shown = list.rows.length
  const all = plural(measured.length, 'topic')
  const events = measured.reduce((sum, { eventCount = 0n }) => sum + eventCount, 0n)
  const rates = measured.flatMap(({ rate }) => (rate === undefined ? [] : [rate]))
  const rate = rates.reduce((sum, one) => sum + one, 0)
  const parts = [
    shown === measured.length ? all : `${shown} of ${all}`,
    `${formatCount(events)} events`,
    ...(rates.length === 0 ? [] : [`${formatRate(rate)}/s`]),
  ]
  return [name, { text: `  ${parts.join(' · ')}` }]
}

interface TopicsStyle {
  readonly size: Size
  readonly isStale: boolean
  /** The text while there is no topic. */
  readonly nothing: string
}

/** Returns the lines of the list of topics. */
export function topicsLines(
  { list, measured, filter }: TopicsState,
  { size, isStale, nothing }: TopicsStyle,
  palette: Palette,
): readonly string[] {
  const none = filter === '' ? nothing : 'nothing matches the filter'
  const empty = measured === undefined ? 'measuring' : none
  const columns = topicColumns(list.rows, palette)
  const table = { list, columns, empty, height: groupsLayout(size).list, width: textWidth(size), isStale }
  return tableLines(table, palette)
}
