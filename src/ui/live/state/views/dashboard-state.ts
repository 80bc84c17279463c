import type { NamedBus } from '../../../../operations/bus-identity.ts'
import type { GroupLag, LagReport } from '../../../../operations/lag/report.ts'
import type { LagUpdate } from '../../../../operations/lag/watch.ts'
import { formatClock } from '../../../lag/short-values.ts'
import type { TimeZone } from '../../../text/format-time.ts'
import { printable } from '../../../text/printable.ts'
import { isAsleep } from '../asleep.ts'
import type { Key } from '../keys.ts'
import { type LagHistory, remember } from '../lag-history.ts'
import { groupsLayout, openLayout, type Size } from '../layout.ts'
import { type Member, membersOf } from '../members.ts'
import { type GroupRow, groupRows, type PartitionRow, partitionRows, type SortOrder, sortOrders } from '../rows.ts'
import { emptyList, moved, type ScrollList, withRows } from '../scroll-list.ts'

/** The state of the view of groups, with what all views share: size, bus, and the age of the figures. */
export interface DashboardState {
  readonly size: Size
  readonly bus: NamedBus | undefined
  /** The zone of the times on the screen. */
  readonly timeZone: TimeZone
  readonly report: LagReport
  /** When the bus was last measured, in milliseconds. */
  readonly time: number
  readonly history: LagHistory
  readonly sort: SortOrder
  /** What keys do: control the list, or type a filter. */
  readonly mode: 'list' | 'filter'
  readonly isPaused: boolean
  /** Whether the user quit. */
  readonly isDone: boolean
  /** A problem to report, until the next measurement succeeds. */
  readonly trouble: string | undefined
  /** Since when the figures are stale, in milliseconds; absent if the last measurement succeeded. */
  readonly staleSince: number | undefined
  /** Whether groups that are asleep are listed. */
  readonly showsAsleep: boolean
  /** Number of groups that are not listed because they are asleep. */
  readonly hidden: number
  readonly filter: string
  readonly groups: ScrollList<GroupRow>
  /** The open group; absent while the list of groups is shown. */
  readonly open: OpenGroup | undefined
}

export interface OpenGroup {
  readonly group: GroupLag
  readonly members: ReadonlyMap<string, Member>
  readonly filter: string
  readonly partitions: ScrollList<PartitionRow>
}

export type DashboardEvent =
  | { readonly type: 'pressed'; readonly key: Key }
  | { readonly type: 'measured'; readonly update: LagUpdate }
  /** A measurement takes longer than expected. */
  | { readonly type: 'late' }
  | { readonly type: 'resized'; readonly size: Size }

/** Returns the state before the first measurement. `showsAsleep`: list all groups, because the user named the groups to show. */
export const initialState = (
  size: Size,
  bus?: NamedBus,
  {
    showsAsleep = false,
    timeZone = 'local',
  }: { readonly showsAsleep?: boolean | undefined; readonly timeZone?: TimeZone | undefined } = {},
): DashboardState => ({
  size,
  bus,
  timeZone,
  report: { sample: undefined, groups: [] },
  time: 0,
  history: new Map(),
  sort: 'worst',
  mode: 'list',
  isPaused: false,
  isDone: false,
  trouble: undefined,
  staleSince: undefined,
  showsAsleep,
  hidden: 0,
  filter: '',
  groups: emptyList,
  open: undefined,
})

/** Returns the state after an event. */
export function reduce(state: DashboardState, event: DashboardEvent): DashboardState {
  if (event.type === 'resized') return withLists({ ...state, size: event.size })
  if (event.type === 'late') {
    const { time, timeZone, trouble = `no answer since ${formatClock(time, timeZone)}`, staleSince = time } = state
    return { ...state, trouble, staleSince }
  }
  return event.type === 'measured' ? measured(state, event.update) : pressed(state, event.key)
}

function measured(state: DashboardState, update: LagUpdate): DashboardState {
  if (!update.ok) {
    const { time, reason } = update
    const trouble = `cannot measure at ${formatClock(time, state.timeZone)}, trying again: ${printable(reason)}`
    return { ...state, trouble, staleSince: state.staleSince ?? state.time }
  }
  const { report, time } = update
  const next = {
    ...state,
    report,
    time,
    history: remember(state.history, report),
    trouble: undefined,
    staleSince: undefined,
  }
  const { open } = state
  if (open === undefined) return withLists(next)
  const group = report.groups.find((one) => one.group === open.group.group)
  if (group !== undefined) return withLists({ ...next, open: { ...open, group, members: membersOf(group) } })
  return withLists({ ...next, open: undefined, trouble: `group ${printable(open.group.group)} no longer exists` })
}

/** Returns the state with its lists computed again from the report, the filters, the sort order and the size. */
function withLists(state: DashboardState): DashboardState {
  const { report, history, sort, filter, open, size, showsAsleep } = state
  const awake = showsAsleep || filter !== '' ? report.groups : report.groups.filter((group) => !isAsleep(group))
  const hidden = report.groups.length - awake.length
  const rows = groupRows({ ...report, groups: awake }, history, { sort, filter })
  const groups = withRows(state.groups, rows, groupsLayout(size).list)
  if (open === undefined) return { ...state, groups, hidden }
  return { ...state, groups, hidden, open: withPartitions(open, state) }
}

/** Returns an open group with its list of partitions computed again. */
function withPartitions(open: OpenGroup, { history, sort, size }: DashboardState): OpenGroup {
  const rows = partitionRows(open.group, history, open.members, { sort, filter: open.filter })
  return { ...open, partitions: withRows(open.partitions, rows, openLayout(size, open.members.size).list) }
}

/** Returns the number of visible rows of the list that is shown. */
const heightOf = ({ size, open }: DashboardState): number =>
  open === undefined ? groupsLayout(size).list : openLayout(size, open.members.size).list

function move(state: DashboardState, by: number): DashboardState {
  const { open, groups } = state
  const height = heightOf(state)
  if (open === undefined) {
    const next = moved(groups, by, height)
    return next === groups ? state : { ...state, groups: next }
  }
  const next = moved(open.partitions, by, height)
  return next === open.partitions ? state : { ...state, open: { ...open, partitions: next } }
}

/** Handles each character of a text as its own key, because one key may change what the next one does. */
const pressed = (state: DashboardState, key: Key): DashboardState =>
  typeof key === 'string' ? pressedOne(state, key) : [...key.text].map((text) => ({ text })).reduce(pressedOne, state)

function pressedOne(state: DashboardState, key: Key): DashboardState {
  if (state.mode === 'filter') return typed(state, key)
  return commands.get(typeof key === 'string' ? key : key.text)?.(state) ?? state
}

type Command = (state: DashboardState) => DashboardState

const commands: ReadonlyMap<string, Command> = new Map([
  ...keyed(['up', 'k'], (state) => move(state, -1)),
  ...keyed(['down', 'j'], (state) => move(state, 1)),
  ...keyed(['pageUp'], (state) => move(state, -heightOf(state))),
  ...keyed(['pageDown'], (state) => move(state, heightOf(state))),
  ...keyed(['home', 'g'], (state) => move(state, -Infinity)),
  ...keyed(['end', 'G'], (state) => move(state, Infinity)),
  ...keyed(['enter', 'right'], openSelected),
  ...keyed(['backspace', 'left'], (state) => ({ ...state, open: undefined })),
  ...keyed(['escape'], (state) => (filterOf(state) === '' ? { ...state, open: undefined } : withFilter(state, ''))),
  ...keyed(['/'], (state) => ({ ...state, mode: 'filter' })),
  ...keyed(['s'], (state) => withLists({ ...state, sort: nextSort(state.sort) })),
  ...keyed(['p'], (state) => ({ ...state, isPaused: !state.isPaused })),
  ...keyed(['a'], (state) => withLists({ ...state, showsAsleep: !state.showsAsleep })),
  ...keyed(['q'], (state) => ({ ...state, isDone: true })),
])

function keyed(keys: readonly string[], command: Command): readonly (readonly [string, Command])[] {
  return keys.map((key) => [key, command])
}

const nextSort = (sort: SortOrder): SortOrder =>
  sortOrders[(sortOrders.indexOf(sort) + 1) % sortOrders.length] ?? 'worst'

function openSelected(state: DashboardState): DashboardState {
  const group = state.groups.rows[state.groups.at]?.lag
  if (state.open !== undefined || group === undefined) return state
  return withLists({ ...state, open: { group, members: membersOf(group), filter: '', partitions: emptyList } })
}

/** Handles a key while a filter is typed. Keys without a character still move in the list. */
function typed(state: DashboardState, key: Key): DashboardState {
  const filter = filterOf(state)
  if (typeof key !== 'string') return withFilter(state, filter + key.text)
  if (key === 'enter') return { ...state, mode: 'list' }
  if (key === 'escape') return withFilter({ ...state, mode: 'list' }, '')
  if (key === 'backspace') return withFilter(state, [...filter].slice(0, -1).join(''))
  return key === 'left' || key === 'right' ? state : (commands.get(key)?.(state) ?? state)
}

/** Returns the filter of the visible list. */
export const filterOf = ({ open, filter }: DashboardState): string => (open === undefined ? filter : open.filter)

function withFilter(state: DashboardState, filter: string): DashboardState {
  const { open } = state
  return withLists(open === undefined ? { ...state, filter } : { ...state, open: { ...open, filter } })
}
