import { compareNumbers, compareText } from '../../../../bus/compare.ts'
import type { SagaInstance, SagaReport } from '../../../../operations/sagas/list.ts'
import type { SagasUpdate } from '../../../../operations/sagas/watch.ts'
import { formatClock } from '../../../lag/short-values.ts'
import { firstOf, sagaNoteText, shortReason } from '../../../sagas/saga-words.ts'
import { formatDuration } from '../../../text/format-duration.ts'
import type { TimeZone } from '../../../text/format-time.ts'
import { printable } from '../../../text/printable.ts'
import type { Key } from '../keys.ts'
import { groupsLayout, type Size } from '../layout.ts'
import { rowFilter } from '../row-filter.ts'
import { emptyList, moveBy, moved, type ScrollList, withRows } from '../scroll-list.ts'
import { filterAfter, type ListFilter } from './list-filter.ts'

const sagaSorts = ['worst', 'age', 'started', 'name'] as const
type SagaSort = (typeof sagaSorts)[number]

/** A row of the list of conversations. The texts are safe for a terminal. */
export interface SagaRow {
  readonly key: string
  /** The id of the conversation. */
  readonly name: string
  readonly saga: string
  readonly instance: SagaInstance
  /** The type of the last event. */
  readonly last: string
  /** Why the conversation is stuck or failed, else what it waits for; empty for one that ended. */
  readonly waits: string
  readonly searchText: string
}

/** The state of the view of sagas. */
export interface SagasState extends ListFilter {
  /** Absent until the first reading. */
  readonly report: SagaReport | undefined
  /** How long ago the listed conversations began at most, in milliseconds. Absent: all are listed. */
  readonly window: number | undefined
  /** Why the last reading failed; absent if it succeeded. */
  readonly trouble: string | undefined
  /** What makes the list incomplete. */
  readonly note: string | undefined
  readonly sort: SagaSort
  /** The rows of all conversations, the most urgent first. */
  readonly all: readonly SagaRow[]
  /** The first rows that match the filter, at most {@link MAX_ROWS}. */
  readonly list: ScrollList<SagaRow>
  /** The number of conversations that match the filter. */
  readonly matching: number
}

/** The most rows of the list. A person looks at the first ones, or filters. */
const MAX_ROWS = 1000

export const initialSagas: SagasState = {
  report: undefined,
  window: undefined,
  trouble: undefined,
  note: undefined,
  sort: 'worst',
  mode: 'list',
  filter: '',
  all: [],
  list: emptyList,
  matching: 0,
}

/** What the list depends on besides its own state. */
interface SagasContext {
  readonly size: Size
  readonly timeZone: TimeZone
}

/** Returns the state after a reading. */
export function sagasRead(state: SagasState, update: SagasUpdate, context: SagasContext): SagasState {
  if (update.kind === 'read') {
    const { report, window } = update
    const [note] = report.notes
    const next = { ...state, report, window, trouble: undefined, note: note && printable(sagaNoteText(note)) }
    return withSagas({ ...next, all: report.instances.map(toRow) }, context)
  }
  const at = formatClock(update.time, context.timeZone)
  return update.kind === 'failed'
    ? { ...state, trouble: `cannot read sagas at ${at}: ${printable(update.reason)}` }
    : { ...state, trouble: `reading ${windowText(update.window)} took too long and was ended at ${at}` }
}

/** Names the conversations of a window. */
export const windowText = (window: number | undefined): string =>
  window === undefined ? 'all conversations' : `the conversations of the last ${formatDuration(window)}`

function toRow(instance: SagaInstance): SagaRow {
  const { saga, correlationId, state, last, reason, waitsFor } = instance
  const lastType = printable(last.eventType)
  const waits = printable(reason === undefined ? firstOf(waitsFor) : shortReason(reason))
  return {
    key: `${saga} ${correlationId}`,
    name: printable(correlationId),
    saga: printable(saga),
    instance,
    last: lastType,
    waits,
    searchText: `${printable(saga)} ${state} ${lastType} ${waits}`,
  }
}

/** Returns the state with its list computed again. */
export function withSagas(state: SagasState, { size }: Pick<SagasContext, 'size'>): SagasState {
  const { all, sort, filter } = state
  const kept = filter === '' ? all : all.filter(rowFilter(filter))
  const sorted = sort === 'worst' ? kept : kept.toSorted(orders[sort])
  const list = withRows(state.list, sorted.slice(0, MAX_ROWS), groupsLayout(size).list)
  return { ...state, list, matching: kept.length }
}

type Order = (a: SagaRow, b: SagaRow) => number

/** The rows are in the order `worst` already. */
const orders: Readonly<Record<Exclude<SagaSort, 'worst'>, Order>> = {
  age: (a, b) => compareNumbers(a.instance.since, b.instance.since),
  // The newest first.
  started: (a, b) => compareNumbers(b.instance.startedAt, a.instance.startedAt),
  name: (a, b) => compareText(a.name, b.name) || compareText(a.saga, b.saga),
}

/** Returns the state after a key that controls the list or edits its filter. */
export function pressedInSagas(state: SagasState, key: Key, context: SagasContext): SagasState {
  const filtered = filterAfter(state, key)
  if (filtered !== undefined) return withSagas({ ...state, ...filtered }, context)
  const height = groupsLayout(context.size).list
  const by = moveBy(key, height)
  if (by !== undefined) {
    const list = moved(state.list, by, height)
    return list === state.list ? state : { ...state, list }
  }
  if (typeof key === 'string' || key.text !== 's') return state
  const next = sagaSorts[(sagaSorts.indexOf(state.sort) + 1) % sagaSorts.length] ?? 'worst'
  return withSagas({ ...state, sort: next }, context)
}

/** Returns the selected row. */
export const selectedSaga = ({ list }: SagasState): SagaRow | undefined => list.rows[list.at]
