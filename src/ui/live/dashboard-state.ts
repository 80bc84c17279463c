import type { GroupLag, LagReport } from '../../operations/lag/lag.ts'
import type { LagWatchLook } from '../../operations/lag/watch.ts'
import { printable } from '../text/printable.ts'
import { formatClock } from './figures.ts'
import type { Key } from './keys.ts'
import { type LagHistory, remember } from './lag-history.ts'
import { groupsLayout, openLayout, type Size } from './layout.ts'
import { type Member, membersOf } from './members.ts'
import { type GroupRow, groupRows, type PlaceRow, placeRows, type SortOrder, sortOrders } from './rows.ts'
import { emptyList, moved, type ScrollList, withRows } from './scroll-list.ts'

/** Everything that decides what is on the screen. */
export interface DashboardState {
  readonly size: Size
  readonly report: LagReport
  /** When the bus was last looked at. */
  readonly time: number
  readonly history: LagHistory
  readonly sort: SortOrder
  /** What keys are for: to move about, to type a filter, or to leave the help. */
  readonly mode: 'list' | 'filter' | 'help'
  readonly isPaused: boolean
  /** Asked to end. */
  readonly isDone: boolean
  /** What went wrong since the last look. */
  readonly trouble: string | undefined
  readonly filter: string
  readonly groups: ScrollList<GroupRow>
  /** The group that is open, over the list of all. */
  readonly open: OpenGroup | undefined
}

export interface OpenGroup {
  readonly group: GroupLag
  readonly members: ReadonlyMap<string, Member>
  readonly filter: string
  readonly places: ScrollList<PlaceRow>
}

export type DashboardEvent =
  | { readonly type: 'pressed'; readonly key: Key }
  | { readonly type: 'looked'; readonly look: LagWatchLook }
  /** A look takes longer than it should. */
  | { readonly type: 'late' }
  | { readonly type: 'resized'; readonly size: Size }

export const initialState = (size: Size): DashboardState => ({
  size,
  report: { sample: undefined, groups: [] },
  time: 0,
  history: new Map(),
  sort: 'worst',
  mode: 'list',
  isPaused: false,
  isDone: false,
  trouble: undefined,
  filter: '',
  groups: emptyList,
  open: undefined,
})

export function reduce(state: DashboardState, event: DashboardEvent): DashboardState {
  if (event.type === 'resized') return listed({ ...state, size: event.size })
  if (event.type === 'late') {
    return { ...state, trouble: state.trouble ?? `no answer since ${formatClock(state.time)}` }
  }
  return event.type === 'looked' ? looked(state, event.look) : pressed(state, event.key)
}

function looked(state: DashboardState, look: LagWatchLook): DashboardState {
  if (!look.ok) {
    return { ...state, trouble: `no look at ${formatClock(look.time)}, trying again: ${printable(look.reason)}` }
  }
  const { report, time } = look
  const next = { ...state, report, time, history: remember(state.history, report), trouble: undefined }
  const { open } = state
  if (open === undefined) return listed(next)
  const group = report.groups.find((one) => one.group === open.group.group)
  if (group !== undefined) return listed({ ...next, open: { ...open, group, members: membersOf(group) } })
  return listed({ ...next, open: undefined, trouble: `${printable(open.group.group)} is gone` })
}

/** With lists that fit everything else. */
function listed(state: DashboardState): DashboardState {
  const { report, history, sort, filter, open, size } = state
  const groups = withRows(state.groups, groupRows(report, history, { sort, filter }), groupsLayout(size).list)
  if (open === undefined) return { ...state, groups }
  const rows = placeRows(open.group, history, open.members, { sort, filter: open.filter })
  const places = withRows(open.places, rows, openLayout(size, open.members.size).list)
  return { ...state, groups, open: { ...open, places } }
}

/** Rows of the list that keys move in. */
const heightOf = ({ size, open }: DashboardState): number =>
  open === undefined ? groupsLayout(size).list : openLayout(size, open.members.size).list

function move(state: DashboardState, by: number): DashboardState {
  const { open, groups } = state
  const height = heightOf(state)
  if (open === undefined) {
    const next = moved(groups, by, height)
    return next === groups ? state : { ...state, groups: next }
  }
  const next = moved(open.places, by, height)
  return next === open.places ? state : { ...state, open: { ...open, places: next } }
}

/** Characters that came together are keys one by one: the first may change what the next are for. */
const pressed = (state: DashboardState, key: Key): DashboardState =>
  typeof key === 'string' ? pressedOne(state, key) : [...key.text].map((text) => ({ text })).reduce(pressedOne, state)

function pressedOne(state: DashboardState, key: Key): DashboardState {
  if (state.mode === 'filter') return typed(state, key)
  const command = commands.get(typeof key === 'string' ? key : key.text)
  // Any other key leaves the help.
  if (state.mode === 'help' && command !== quit) return { ...state, mode: 'list' }
  return command?.(state) ?? state
}

type Command = (state: DashboardState) => DashboardState

const quit: Command = (state) => ({ ...state, isDone: true })

const commands: ReadonlyMap<string, Command> = new Map([
  ...keyed(['up', 'k'], (state) => move(state, -1)),
  ...keyed(['down', 'j'], (state) => move(state, 1)),
  ...keyed(['pageUp'], (state) => move(state, -heightOf(state))),
  ...keyed(['pageDown'], (state) => move(state, heightOf(state))),
  ...keyed(['home', 'g'], (state) => move(state, -Infinity)),
  ...keyed(['end', 'G'], (state) => move(state, Infinity)),
  ...keyed(['enter', 'right'], openChosen),
  ...keyed(['backspace', 'left'], (state) => ({ ...state, open: undefined })),
  ...keyed(['escape'], (state) => (filterOf(state) === '' ? { ...state, open: undefined } : withFilter(state, ''))),
  ...keyed(['/'], (state) => ({ ...state, mode: 'filter' })),
  ...keyed(['s'], (state) => listed({ ...state, sort: after(state.sort) })),
  ...keyed(['p'], (state) => ({ ...state, isPaused: !state.isPaused })),
  ...keyed(['?'], (state) => ({ ...state, mode: 'help' })),
  ...keyed(['q'], quit),
])

function keyed(keys: readonly string[], command: Command): readonly (readonly [string, Command])[] {
  return keys.map((key) => [key, command])
}

const after = (sort: SortOrder): SortOrder => sortOrders[(sortOrders.indexOf(sort) + 1) % sortOrders.length] ?? 'worst'

function openChosen(state: DashboardState): DashboardState {
  const group = state.groups.rows[state.groups.at]?.lag
  if (state.open !== undefined || group === undefined) return state
  return listed({ ...state, open: { group, members: membersOf(group), filter: '', places: emptyList } })
}

/** Keys while a filter is typed: those that are no text still move about. */
function typed(state: DashboardState, key: Key): DashboardState {
  const filter = filterOf(state)
  if (typeof key !== 'string') return withFilter(state, filter + key.text)
  if (key === 'enter') return { ...state, mode: 'list' }
  if (key === 'escape') return withFilter({ ...state, mode: 'list' }, '')
  if (key === 'backspace') return withFilter(state, [...filter].slice(0, -1).join(''))
  return key === 'left' || key === 'right' ? state : (commands.get(key)?.(state) ?? state)
}

/** The filter of the list that is on the screen. */
export const filterOf = ({ open, filter }: DashboardState): string => (open === undefined ? filter : open.filter)

function withFilter(state: DashboardState, filter: string): DashboardState {
  const { open } = state
  return listed(open === undefined ? { ...state, filter } : { ...state, open: { ...open, filter } })
}
