import type { SagaState } from '../../../operations/sagas/conversation.ts'
import { reasonText, stateMeanings } from '../../sagas/saga-words.ts'
import { plural } from '../../text/listed.ts'
import { printable } from '../../text/printable.ts'
import { sagaColumns } from '../columns/saga-columns.ts'
import { groupsLayout, textWidth } from '../state/layout.ts'
import { visibleRows } from '../state/scroll-list.ts'
import type { DashboardState } from '../state/views/dashboard-state.ts'
import { type SagasState, selectedSaga, windowText } from '../state/views/sagas-state.ts'
import type { StyledText } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { tableLines } from './table-lines.ts'

/** Returns the title of the list of conversations: `12 conversations · 1 stuck · 3 running · 8 completed`. */
export function sagasTitle({ report, all, matching, window }: SagasState, palette: Palette): readonly StyledText[] {
  const name: StyledText = { text: 'crbus sagas', paint: palette.title }
  if (report === undefined) return [name, { text: '  reading' }]
  if (report.sagas.length === 0) return [name]
  const total = plural(all.length, 'conversation')
  const counted = matching === all.length ? total : `${matching} of ${total}`
  const countOf = (state: SagaState) => report.sagas.reduce((sum, { counts }) => sum + counts[state], 0)
  const states = (Object.keys(stateMeanings) as SagaState[]).flatMap((state): StyledText[] =>
    countOf(state) === 0
      ? []
      : [{ text: ' · ' }, { text: `${countOf(state)} ${state}`, paint: palette.sagaState(state) }],
  )
  const since = window === undefined ? [] : [{ text: `  ${windowText(window)}`, paint: palette.quiet }]
  return [name, { text: `  ${counted}` }, ...states, ...since]
}

/** Returns the note about the selected conversation, else about the list; empty if there is nothing to note. */
export function sagasNote(state: SagasState): string {
  const reason = selectedSaga(state)?.instance.reason
  return reason === undefined ? (state.note ?? '') : printable(reasonText(reason))
}

/** Returns the lines of the list of conversations. `nothing` is the text if no saga is described. */
export function sagasLines(
  { list, report, filter }: SagasState,
  { size, time, timeZone, staleSince }: DashboardState,
  nothing: string,
  palette: Palette,
): readonly string[] {
  const height = groupsLayout(size).list
  const none = filter === '' ? 'no conversations yet' : 'nothing matches the filter'
  const empty = report === undefined ? 'reading' : report.sagas.length === 0 ? nothing : none
  const now = Math.max(time, report?.at ?? 0)
  const columns = sagaColumns(visibleRows(list, height), { now, timeZone }, palette)
  return tableLines(
    { list, columns, empty, height, width: textWidth(size), isStale: staleSince !== undefined },
    palette,
  )
}
