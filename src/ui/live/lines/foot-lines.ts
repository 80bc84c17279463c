import type { GroupLag } from '../../../operations/lag/report.ts'
import { lagNotes } from '../../notes/lag-notes.ts'
import { conversationFrom } from '../state/actions.ts'
import { wrappedHelp } from '../state/help-rows.ts'
import { helpHeight, resetLayout, tailLayout } from '../state/layout.ts'
import { helpTopicOf, listInView, type ScreenState } from '../state/screen-state.ts'
import { type DashboardState, filterOf } from '../state/views/dashboard-state.ts'
import { cut, joined, type StyledText, spread, widthOf } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'
import { resetMessage } from './reset-lines.ts'
import { sagasNote } from './sagas-lines.ts'

/** Returns the open group, else the selected one; `undefined` if there is no group. */
const groupInView = ({ open, groups }: DashboardState): GroupLag | undefined =>
  open?.group ?? groups.rows[groups.at]?.lag

/**
 * Returns the line above the keys: what is typed, else the command that was copied, else a problem, else the filter, else the note
 * about the group in view.
 */
export function messageLine(state: ScreenState, palette: Palette, width: number): string {
  const { reset, copied, tail, view, help } = state
  const isTyping = typedText(state)
  if (isTyping !== undefined && help === undefined) {
    return joined([{ text: isTyping }, { text: ' ', paint: palette.selected }], width)
  }
  if (copied !== undefined) return joined([{ text: 'copied: ', paint: palette.quiet }, { text: copied }], width)
  if (reset !== undefined) return joined(resetMessage(state.reset as typeof reset, palette), width)
  const trouble = troubleOf(state)
  if (trouble !== undefined) return joined([{ text: `! ${trouble}`, paint: palette.trouble }], width)
  const filter = filterText(state)
  if (filter !== '') return joined([{ text: filter }, { text: '  esc clears it', paint: palette.quiet }], width)
  if (view === 'topics' || tail !== undefined || help !== undefined) return ''
  if (view === 'sagas') return joined([{ text: sagasNote(state.sagas), paint: palette.quiet }], width)
  const group = groupInView(state.dashboard)
  const [note] =
    group === undefined ? [] : lagNotes({ groups: [group] }, state.dashboard.time, state.dashboard.timeZone)
  return note === undefined ? '' : joined([{ text: note, paint: palette.quiet }], width)
}

/** Returns the filter that is being typed, with the key or flag that it belongs to. */
function typedText(state: ScreenState): string | undefined {
  const { reset, tail } = state
  if (reset !== undefined) return undefined
  if (tail !== undefined) {
    const { editing } = tail
    return editing && (editing.field === 'grep' ? `/${editing.text}` : `where: ${editing.text}`)
  }
  return listInView(state).mode === 'filter' ? `/${filterInView(state)}` : undefined
}

/** Returns the filter of the list that is shown. */
const filterInView = ({ view, dashboard, topics, sagas }: ScreenState): string =>
  view === 'groups' ? filterOf(dashboard) : (view === 'topics' ? topics : sagas).filter

function filterText(state: ScreenState): string {
  const { tail } = state
  const text = (value: string, before: string) => (value === '' ? [] : [`${before}${value}`])
  if (tail?.detail !== undefined) return ''
  if (tail !== undefined) return [...text(tail.request.grep, '/'), ...text(tail.request.where, 'where: ')].join('  ')
  return text(filterInView(state), '/').join('')
}

function troubleOf({ tail, view, dashboard, topics, sagas }: ScreenState): string | undefined {
  if (tail !== undefined) return tail.failure ?? tail.notice
  return dashboard.trouble ?? { groups: undefined, topics: topics.trouble, sagas: sagas.trouble }[view]
}

/** Returns the last line: the keys that fit, and the number of the selected row. `canType` is false if no keys can be read. */
export function keysLine(state: ScreenState, canType: boolean, palette: Palette, width: number): string {
  const position = positionText(state)
  const keys = canType ? keysOf(state) : ['Ctrl-C quit']
  const room = width - widthOf(position) - 2
  let length = keys.length
  while (length > 1 && widthOf(textOf(keys.slice(0, length))) > room) length -= 1
  const left: StyledText = { text: cut(textOf(keys.slice(0, length)), width), paint: palette.quiet }
  return spread([left], [{ text: position, paint: palette.quiet }], width)
}

const textOf = (keys: readonly string[]): string => keys.join('  ')

function positionText(state: ScreenState): string {
  const { help, reset, tail, view, dashboard, topics, sagas } = state
  const { size } = dashboard
  if (help !== undefined) return visibleOf(help, helpHeight(size), wrappedHelp(helpTopicOf(state), size).length)
  if (reset !== undefined) {
    return 'lines' in reset && 'top' in reset ? visibleOf(reset.top, resetLayout(size).plan, reset.lines.length) : ''
  }
  if (tail?.detail !== undefined) {
    return visibleOf(tail.detail.top, tailLayout(size).detail, tail.detail.lines.length)
  }
  const lists = { groups: dashboard.open?.partitions ?? dashboard.groups, topics: topics.list, sagas: sagas.list }
  const { rows, at } = tail?.list ?? lists[view]
  return rows.length === 0 ? '' : `${at + 1}/${rows.length}`
}

/** Returns which lines of a text are visible; empty if all of them are. */
const visibleOf = (top: number, height: number, count: number): string =>
  count <= height ? '' : `lines ${top + 1}-${Math.min(top + height, count)} of ${count}`

/** Returns the keys that work now, the most important first. */
function keysOf(state: ScreenState): readonly string[] {
  const { help, reset, tail, view, dashboard, topics, sagas } = state
  if (help !== undefined) return ['any key: back', '↑↓ scroll', 'q quit']
  if (reset !== undefined) return resetKeys(reset)
  if (tail !== undefined) {
    if (tail.editing !== undefined) return ['enter read again', 'esc cancel']
    const flow = conversationFrom(tail) === undefined ? [] : ['f flow']
    if (tail.detail !== undefined) return ['q quit', '? help', 'esc back', ...flow, 'c copy', '↑↓ scroll']
    if (tail.request.conversation !== undefined)
      return ['q quit', '? help', 'esc back', 'enter open', 'c copy', '↑↓ move']
    return ['q quit', '? help', 'esc back', 'enter open', ...flow, '/ text', 'w where', 'c copy', '↑↓ move']
  }
  if (listInView(state).mode === 'filter') return ['enter keep', 'esc clear']
  const pause = dashboard.isPaused ? 'p resume' : 'p pause'
  if (view === 'topics') {
    return ['q quit', '? help', 'enter events', `s sort: ${topics.sort}`, '/ filter', '1 groups', 'c copy', pause]
  }
  if (view === 'sagas') {
    return ['q quit', '? help', 'enter flow', `s sort: ${sagas.sort}`, '/ filter', '1 groups', 'c copy', pause]
  }
  const isOpen = dashboard.open !== undefined
  return [
    'q quit',
    '? help',
    isOpen ? 'esc back' : 'enter open',
    `s sort: ${dashboard.sort}`,
    '/ filter',
    't events',
    'r reset',
    ...(isOpen ? [] : ['2 topics', '3 sagas']),
    pause,
    'c copy',
    '↑↓ move',
  ]
}

function resetKeys(reset: NonNullable<ScreenState['reset']>): readonly string[] {
  switch (reset.step) {
    case 'target':
      return ['enter show plan', 'esc cancel']
    case 'planning':
      return ['esc cancel']
    case 'plan': {
      const { isNothing, refusal, confirmBy } = reset.proposal
      if (isNothing || refusal !== undefined) return ['esc back', 'c copy', '↑↓ scroll', 'q quit']
      return confirmBy === undefined
        ? ['y apply', 'any other key: cancel', 'c copy', '↑↓ scroll']
        : ['enter confirm', 'esc cancel', '↑↓ scroll']
    }
    case 'applying':
      return ['please wait']
    case 'done':
      return ['esc back', 'c copy the undo', 'q quit']
    case 'failed':
      return ['esc back', 'q quit']
  }
}
