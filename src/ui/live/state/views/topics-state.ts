import { compareNumbers, compareText } from '../../../../bus/compare.ts'
import type { LagReport } from '../../../../operations/lag/report.ts'
import type { TopicMeasurement, TopicsUpdate } from '../../../../operations/topics/watch.ts'
import { formatClock } from '../../../lag/short-values.ts'
import type { TimeZone } from '../../../text/format-time.ts'
import { printable } from '../../../text/printable.ts'
import type { Key } from '../keys.ts'
import { groupsLayout, type Size } from '../layout.ts'
import { rowFilter } from '../row-filter.ts'
import { emptyList, moveBy, moved, type ScrollList, withRows } from '../scroll-list.ts'
import { filterAfter, type ListFilter } from './list-filter.ts'

const topicSorts = ['name', 'rate', 'events', 'bytes', 'groups'] as const
type TopicSort = (typeof topicSorts)[number]

/** A row of the list of topics. */
export interface TopicRow {
  readonly key: string
  /** Safe for a terminal, like `readers`. */
  readonly name: string
  readonly topic: TopicMeasurement
  /** The names of the groups in the report that read the topic or have committed on it. */
  readonly readers: readonly string[]
}

/** The state of the view of topics. */
export interface TopicsState extends ListFilter {
  /** Absent until the first measurement. */
  readonly measured: readonly TopicMeasurement[] | undefined
  readonly time: number
  /** Why the last measurement failed; absent if it succeeded. */
  readonly trouble: string | undefined
  readonly sort: TopicSort
  readonly list: ScrollList<TopicRow>
}

export const initialTopics: TopicsState = {
  measured: undefined,
  time: 0,
  trouble: undefined,
  sort: 'name',
  mode: 'list',
  filter: '',
  list: emptyList,
}

/** What the list of topics depends on besides its own state. */
interface TopicsContext {
  readonly size: Size
  readonly report: LagReport
  readonly timeZone: TimeZone
}

/** Returns the state after a measurement. */
export function topicsMeasured(state: TopicsState, update: TopicsUpdate, context: TopicsContext): TopicsState {
  if (update.ok) {
    return withTopics({ ...state, measured: update.topics, time: update.time, trouble: undefined }, context)
  }
  return {
    ...state,
    trouble: `cannot measure topics at ${formatClock(update.time, context.timeZone)}: ${printable(update.reason)}`,
  }
}

/** Returns the state with its list computed again. */
export function withTopics(state: TopicsState, { size, report }: TopicsContext): TopicsState {
  const { measured = [], sort, filter } = state
  const readers = new Map<string, string[]>()
  for (const { group, topics } of report.groups) {
    for (const { topic } of topics) readers.set(topic, [...(readers.get(topic) ?? []), printable(group)])
  }
  const rows = measured.map((topic): TopicRow => {
    return { key: topic.topic, name: printable(topic.topic), topic, readers: readers.get(topic.topic) ?? [] }
  })
  const matches = rowFilter(filter)
  const kept = rows.filter(({ name, readers: groups }) => matches({ name, searchText: groups.join(' ') }))
  return { ...state, list: withRows(state.list, kept.sort(orders[sort]), groupsLayout(size).list) }
}

type Order = (a: TopicRow, b: TopicRow) => number

const byName: Order = (a, b) => compareText(a.name, b.name)

/** Numbers are sorted with the largest first. */
const orders: Readonly<Record<TopicSort, Order>> = {
  name: byName,
  rate: (a, b) => compareNumbers(b.topic.rate ?? -1, a.topic.rate ?? -1) || byName(a, b),
  events: (a, b) => compareNumbers(b.topic.eventCount ?? -1n, a.topic.eventCount ?? -1n) || byName(a, b),
  bytes: (a, b) => compareNumbers(b.topic.bytes ?? -1n, a.topic.bytes ?? -1n) || byName(a, b),
  groups: (a, b) => b.readers.length - a.readers.length || byName(a, b),
}

/** Returns the state after a key that controls the list or edits its filter. */
export function pressedInTopics(state: TopicsState, key: Key, context: TopicsContext): TopicsState {
  const filtered = filterAfter(state, key)
  if (filtered !== undefined) return withTopics({ ...state, ...filtered }, context)
  const height = groupsLayout(context.size).list
  const by = moveBy(key, height)
  const move = () => {
    const list = by === undefined ? state.list : moved(state.list, by, height)
    return list === state.list ? state : { ...state, list }
  }
  if (typeof key === 'string' || key.text !== 's') return move()
  const next = topicSorts[(topicSorts.indexOf(state.sort) + 1) % topicSorts.length] ?? 'name'
  return withTopics({ ...state, sort: next }, context)
}

/** Returns the selected row. */
export const selectedTopic = ({ list }: TopicsState): TopicRow | undefined => list.rows[list.at]
