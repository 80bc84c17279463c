import type { RecordRow } from '../../../records/record-row.ts'
import { printable } from '../../../text/printable.ts'
import type { TailRequest, TailUpdate } from '../../ports.ts'
import { wrapIndented } from '../../text/fit-text.ts'
import type { Key } from '../keys.ts'
import { type Size, tailLayout, textWidth } from '../layout.ts'
import { emptyList, moveBy, moved, type ScrollList, withRows } from '../scroll-list.ts'

/** The state of the view of events. */
export interface TailState {
  /** What is shown. A new object means that the events are read again. */
  readonly request: TailRequest
  readonly list: ScrollList<RecordRow>
  /** The condition that is typed. */
  readonly editing: { readonly field: 'grep' | 'where'; readonly text: string } | undefined
  /** Whether all events of the request were read, so that nothing follows. */
  readonly isComplete: boolean
  /** A notice about the reading of the events. */
  readonly notice: string | undefined
  /** Why the events cannot be read. */
  readonly failure: string | undefined
  /** The opened record; absent while the list is shown. */
  readonly detail: RecordDetail | undefined
}

/** An opened record. */
interface RecordDetail {
  readonly row: RecordRow
  /** Its lines, wrapped at the width of the screen. */
  readonly lines: readonly string[]
  /** The index of the first visible line. */
  readonly top: number
}

/** The most bytes of records that are kept in memory. */
const MAX_BYTES = 32 * 1024 * 1024

export const openTail = (request: TailRequest): TailState => ({
  request,
  list: emptyList,
  editing: undefined,
  isComplete: false,
  notice: undefined,
  failure: undefined,
  detail: undefined,
})

/** Returns the state after news about the events of its request. */
export function tailed(state: TailState, update: TailUpdate, size: Size): TailState {
  if (update.kind === 'failed') return { ...state, failure: printable(update.reason) }
  if (update.kind === 'complete') return { ...state, isComplete: true }
  if (update.kind === 'notice') return { ...state, notice: update.text === '' ? undefined : printable(update.text) }
  const { list, request } = state
  const { list: height } = tailLayout(size)
  // New events move the list only if its last row is selected. A request whose events end does not follow new ones.
  const follows = !hasEnd(request) && list.at >= list.rows.length - 1
  const rows = keptRows([...list.rows, ...update.rows], request)
  const renewed = withRows(list, rows, height)
  return { ...state, list: follows ? moved(renewed, Infinity, height) : renewed }
}

/** Whether the events of a request end, so that the list begins at its first row and follows none. */
const hasEnd = ({ from, conversation }: TailRequest): boolean => from !== undefined || conversation !== undefined

/** Returns the rows that are kept: the newest, or the first if the events of the request end. */
function keptRows(rows: readonly RecordRow[], request: TailRequest): readonly RecordRow[] {
  let bytes = 0
  const isKept = (row: RecordRow) => {
    bytes += row.bytes
    return bytes <= MAX_BYTES
  }
  if (hasEnd(request)) return rows.slice(0, request.limit).filter(isKept)
  return rows.slice(-request.limit).toReversed().filter(isKept).reverse()
}

/** Returns the state for a new size of the screen. */
export function tailResized(state: TailState, size: Size): TailState {
  const list = moved({ ...state.list }, 0, tailLayout(size).list)
  const { detail } = state
  return { ...state, list, detail: detail && openDetail(detail.row, size, detail.top) }
}

function openDetail(row: RecordRow, size: Size, top = 0): RecordDetail {
  const lines = row.detail().flatMap((line) => wrapIndented(line, textWidth(size)))
  return { row, lines, top: Math.max(0, Math.min(top, lines.length - tailLayout(size).detail)) }
}

/** Returns the state after a key; `undefined` if the key leaves the view. */
export function pressedInTail(state: TailState, key: Key, size: Size): TailState | undefined {
  if (state.editing !== undefined) return typed(state, key)
  return state.detail === undefined ? pressedInList(state, key, size) : pressedInDetail(state, state.detail, key, size)
}

function pressedInList(state: TailState, key: Key, size: Size): TailState | undefined {
  const { list, request } = state
  const { list: height } = tailLayout(size)
  const by = moveBy(key, height)
  if (by !== undefined) {
    const next = moved(list, by, height)
    return next === list ? state : { ...state, list: next }
  }
  const row = list.rows[list.at]
  if (key === 'enter' || key === 'right') return row === undefined ? state : { ...state, detail: openDetail(row, size) }
  if (key === 'escape' && (request.grep !== '' || request.where !== '')) {
    return openTail({ ...request, grep: '', where: '' })
  }
  if (key === 'escape' || key === 'backspace' || key === 'left') return undefined
  // A conversation is shown as a whole, because a tree without some of its messages would mislead.
  if (typeof key === 'string' || request.conversation !== undefined) return state
  if (key.text === '/') return { ...state, editing: { field: 'grep', text: request.grep } }
  if (key.text === 'w') return { ...state, editing: { field: 'where', text: request.where } }
  return state
}

function pressedInDetail(state: TailState, detail: RecordDetail, key: Key, size: Size): TailState {
  const { detail: height } = tailLayout(size)
  const by = moveBy(key, height)
  if (by !== undefined) {
    const top = Math.max(0, Math.min(detail.top + by, detail.lines.length - height))
    return top === detail.top ? state : { ...state, detail: { ...detail, top } }
  }
  const isBack = key === 'escape' || key === 'backspace' || key === 'left'
  return isBack ? { ...state, detail: undefined } : state
}

/** Handles a key while a condition is typed. Enter reads the events again. */
function typed(state: TailState, key: Key): TailState {
  const { editing, request } = state
  if (editing === undefined) return state
  const { field, text } = editing
  if (typeof key !== 'string') return { ...state, editing: { field, text: text + key.text } }
  if (key === 'backspace') return { ...state, editing: { field, text: [...text].slice(0, -1).join('') } }
  if (key === 'escape') return { ...state, editing: undefined }
  if (key !== 'enter') return state
  return text === request[field] ? { ...state, editing: undefined } : openTail({ ...request, [field]: text })
}
