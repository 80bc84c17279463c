import { MIN_ROWS_FOR_GAPS, textWidth } from '../state/layout.ts'
import { helpTopicOf, type ScreenState } from '../state/screen-state.ts'
import type { ViewName } from '../state/view-names.ts'
import { type StyledText, spread } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { busLine, shortBusName } from './bus-line.ts'
import { keysLine, messageLine } from './foot-lines.ts'
import { groupsLines, openLines } from './groups-lines.ts'
import { helpLines } from './help-lines.ts'
import { resetLines, resetTitle } from './reset-lines.ts'
import { sagasLines, sagasTitle } from './sagas-lines.ts'
import { tailLines, tailTitle } from './tail-lines.ts'
import { clock, groupsTitle, openTitle } from './title-lines.ts'
import { topicsLines, topicsTitle } from './topics-lines.ts'

interface ScreenTexts {
  /** The texts while there is no group, no topic, and no description of a saga. */
  readonly nothing: Readonly<Record<ViewName, string>>
  /** Whether keys can be read. */
  readonly canType: boolean
}

/** Returns the lines of the whole screen: exactly as many as it has rows, each at most as wide as the screen. */
export function screenLines(
  state: ScreenState,
  { nothing, canType }: ScreenTexts,
  palette: Palette,
): readonly string[] {
  const { rows } = state.dashboard.size
  const width = textWidth(state.dashboard.size)
  const foot = [messageLine(state, palette, width), keysLine(state, canType, palette, width)]
  const hasBusLine = rows >= MIN_ROWS_FOR_GAPS
  const name = hasBusLine ? [] : shortBusName(state.dashboard.bus, palette)
  const head = [
    spread([...titleOf(state, palette), ...name], clock(state.dashboard, palette), width),
    ...(hasBusLine ? [busLine(state, palette, width)] : []),
  ]
  const room = Math.max(0, rows - foot.length)
  const body = [...head, ...bodyOf(state, nothing, palette)].slice(0, room)
  return [...body, ...Array<string>(room - body.length).fill(''), ...foot].slice(-rows)
}

function titleOf(state: ScreenState, palette: Palette): readonly StyledText[] {
  const { help, reset, tail, view, dashboard, topics, sagas } = state
  if (help !== undefined) return [{ text: 'help', paint: palette.title }, { text: `  ${helpTopicOf(state)}` }]
  if (reset !== undefined) return resetTitle(reset, palette)
  if (tail !== undefined) return tailTitle(tail, palette)
  if (view === 'topics') return topicsTitle(topics, palette)
  if (view === 'sagas') return sagasTitle(sagas, palette)
  return dashboard.open === undefined ? groupsTitle(dashboard, palette) : openTitle(dashboard.open, palette)
}

function bodyOf(state: ScreenState, nothing: ScreenTexts['nothing'], palette: Palette): readonly string[] {
  const { help, reset, tail, view, dashboard, topics, sagas } = state
  const { size, open, staleSince } = dashboard
  if (help !== undefined) {
    return helpLines(helpTopicOf(state), help, size, palette)
  }
  if (reset !== undefined) return resetLines(reset, size, palette)
  if (tail !== undefined) return tailLines(tail, size, palette)
  if (view === 'topics')
    return topicsLines(topics, { size, isStale: staleSince !== undefined, nothing: nothing.topics }, palette)
  if (view === 'sagas') return sagasLines(sagas, dashboard, nothing.sagas, palette)
  return open === undefined ? groupsLines(dashboard, nothing.groups, palette) : openLines(dashboard, open, palette)
}
