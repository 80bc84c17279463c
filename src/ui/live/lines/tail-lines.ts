import { plural } from '../../text/listed.ts'
import { printable } from '../../text/printable.ts'
import { conversationColumns, recordColumns } from '../columns/record-columns.ts'
import type { TailRequest } from '../ports.ts'
import { type Size, tailLayout, textWidth } from '../state/layout.ts'
import type { TailState } from '../state/views/tail-state.ts'
import type { StyledText } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { tableLines } from './table-lines.ts'

/** Returns the title of the view of events: what is shown, and whether new events follow. */
export function tailTitle({ request, list, detail, isComplete }: TailState, palette: Palette): readonly StyledText[] {
  if (detail !== undefined) return [{ text: detail.row.key, paint: palette.title, isName: true }]
  const { topics, from, conversation } = request
  const [first = ''] = topics
  const name =
    conversation !== undefined
      ? printable(conversation)
      : from === undefined
        ? topics.length === 1
          ? first
          : plural(topics.length, 'topic')
        : positionOf(from)
  const count = plural(list.rows.length, 'event')
  return [{ text: name, paint: palette.title, isName: true }, { text: `  ${progress()}` }]

  function progress(): string {
    if (conversation !== undefined) return isComplete ? plural(list.rows.length, 'message') : 'searching'
    if (from === undefined) return `following, ${count}`
    if (!isComplete) return `reading, ${count}`
    return list.rows.length === request.limit ? `the first ${count}` : `${count} from there on`
  }
}

const positionOf = ({ topic, partition, offset }: NonNullable<TailRequest['from']>): string =>
  `${topic}[${partition}]@${offset}`

/** Returns the lines of the list of events, or of the opened record. */
export function tailLines(state: TailState, size: Size, palette: Palette): readonly string[] {
  const { list, request, detail } = state
  const height = tailLayout(size)
  if (detail !== undefined) return detail.lines.slice(detail.top, detail.top + height.detail)
  const columns =
    request.conversation === undefined
      ? recordColumns(list.rows, request.topics.length, palette)
      : conversationColumns(list.rows, palette)
  const table = { list, columns, empty: emptyText(state), height: height.list, width: textWidth(size) }
  return tableLines(table, palette)
}

/** Says why there are no events. */
function emptyText({ request, isComplete, failure }: TailState): string {
  if (failure !== undefined) return 'the events cannot be read'
  if (request.conversation !== undefined)
    return isComplete ? 'no message of this conversation is left' : 'searching all topics'
  const isFiltered = request.where !== '' || request.grep !== ''
  if (isComplete) return isFiltered ? 'no event matches; esc removes the conditions' : 'no events from there on'
  return isFiltered
    ? 'no event matches yet; esc removes the conditions'
    : 'no events yet; they appear here when they are written'
}
