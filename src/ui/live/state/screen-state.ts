import type { NamedBus } from '../../../operations/bus-identity.ts'
import type { SagasUpdate } from '../../../operations/sagas/watch.ts'
import type { TopicsUpdate } from '../../../operations/topics/watch.ts'
import type { TimeZone } from '../../text/format-time.ts'
import type { ResetApplied, ResetPlanned, ResetProposal, ResetRequest, TailRequest, TailUpdate } from '../ports.ts'
import { type CopiedCommand, conversationFrom, copiedFrom, tailFrom } from './actions.ts'
import { type HelpTopic, wrappedHelp } from './help-rows.ts'
import type { Key } from './keys.ts'
import { helpHeight, type Size } from './layout.ts'
import { moveBy } from './scroll-list.ts'
import { type ViewName, viewAfter, viewNames } from './view-names.ts'
import { type DashboardEvent, type DashboardState, initialState, reduce } from './views/dashboard-state.ts'
import {
  applied,
  openReset,
  planned,
  pressedInReset,
  type ResetState,
  type ResetSubject,
  resetResized,
} from './views/reset-state.ts'
import { initialSagas, pressedInSagas, type SagasState, sagasRead, withSagas } from './views/sagas-state.ts'
import { openTail, pressedInTail, type TailState, tailed, tailResized } from './views/tail-state.ts'
import { initialTopics, pressedInTopics, type TopicsState, topicsMeasured, withTopics } from './views/topics-state.ts'

/** The state of the screen: everything that the screen shows, and everything that it asks of the bus, depends on it alone. */
export interface ScreenState {
  readonly view: ViewName
  /** The view of groups, and what all views share. */
  readonly dashboard: DashboardState
  readonly topics: TopicsState
  readonly sagas: SagasState
  /** The events that are shown over the view; absent if none are. */
  readonly tail: TailState | undefined
  /** The events that are shown again when the conversation over them is left; absent without a conversation. */
  readonly behind: TailRequest | undefined
  /** The reset that is shown over the view; absent if there is none. */
  readonly reset: ResetState | undefined
  /** The first visible line of the help; absent while it is closed. */
  readonly help: number | undefined
  /** The command to copy. A new object is a new request. */
  readonly copying: CopiedCommand | undefined
  /** The command line that was copied, until the next key. */
  readonly copied: string | undefined
}

export type ScreenEvent =
  | DashboardEvent
  | { readonly type: 'topics'; readonly update: TopicsUpdate }
  | { readonly type: 'sagas'; readonly update: SagasUpdate }
  /** News about the events of a request. */
  | { readonly type: 'tailed'; readonly request: TailRequest; readonly update: TailUpdate }
  | { readonly type: 'planned'; readonly request: ResetRequest; readonly outcome: ResetPlanned }
  | { readonly type: 'applied'; readonly proposal: ResetProposal; readonly outcome: ResetApplied }
  | { readonly type: 'copied'; readonly line: string }

interface ScreenOptions {
  readonly view?: ViewName | undefined
  readonly bus?: NamedBus | undefined
  /** Whether the user named the groups to show. */
  readonly areGroupsNamed?: boolean | undefined
  readonly timeZone?: TimeZone | undefined
}

/** Returns the state before the first measurement. */
export const initialScreen = (
  size: Size,
  { view = 'groups', bus, areGroupsNamed, timeZone }: ScreenOptions = {},
): ScreenState => ({
  view,
  dashboard: initialState(size, bus, { showsAsleep: areGroupsNamed, timeZone }),
  topics: initialTopics,
  sagas: initialSagas,
  tail: undefined,
  behind: undefined,
  reset: undefined,
  help: undefined,
  copying: undefined,
  copied: undefined,
})

/** Returns the state after an event; the same object if nothing changes. */
export function reduceScreen(state: ScreenState, event: ScreenEvent): ScreenState {
  const { tail, reset, dashboard } = state
  switch (event.type) {
    case 'pressed':
      return pressed(state, event.key)
    case 'measured':
    case 'late':
      return withDashboard(state, reduce(dashboard, event))
    case 'resized': {
      const resized = withDashboard(state, reduce(dashboard, event))
      const next = {
        ...resized,
        tail: tail && tailResized(tail, event.size),
        reset: reset && resetResized(reset, event.size),
      }
      return next.help === undefined ? next : scrolledHelp(next, next.help)
    }
    case 'topics': {
      const context = { size: dashboard.size, report: dashboard.report, timeZone: dashboard.timeZone }
      return { ...state, topics: topicsMeasured(state.topics, event.update, context) }
    }
    case 'sagas':
      return { ...state, sagas: sagasRead(state.sagas, event.update, dashboard) }
    case 'tailed':
      // News of an earlier request may arrive late.
      if (tail === undefined || tail.request !== event.request) return state
      return { ...state, tail: tailed(tail, event.update, dashboard.size) }
    case 'planned':
      if (reset?.step !== 'planning' || reset.request !== event.request) return state
      return { ...state, reset: planned(reset, event.outcome, dashboard.size) }
    case 'applied':
      if (reset?.step !== 'applying' || reset.proposal !== event.proposal) return state
      return { ...state, reset: applied(reset, event.outcome) }
    case 'copied':
      return { ...state, copied: event.line }
  }
}

/** Replaces the view of groups. The other lists also depend on it: on the size, and on the groups that read a topic. */
function withDashboard(state: ScreenState, dashboard: DashboardState): ScreenState {
  if (dashboard === state.dashboard) return state
  const { size, report, timeZone } = dashboard
  const isSameSize = size === state.dashboard.size
  const isSame = isSameSize && report === state.dashboard.report
  return {
    ...state,
    dashboard,
    topics: isSame ? state.topics : withTopics(state.topics, { size, report, timeZone }),
    sagas: isSameSize ? state.sagas : withSagas(state.sagas, { size }),
  }
}

/** Handles each character of a text as its own key, because one key may change what the next one does. */
const pressed = (state: ScreenState, key: Key): ScreenState =>
  typeof key === 'string' ? pressedOne(state, key) : [...key.text].map((text) => ({ text })).reduce(pressedOne, state)

function pressedOne(before: ScreenState, key: Key): ScreenState {
  const state = before.copied === undefined ? before : { ...before, copied: undefined }
  if (state.help !== undefined) return pressedInHelp(state, state.help, key)
  if (isTyping(state)) return pressedInView(state, key)
  const name = typeof key === 'string' ? key : key.text
  // A change that has begun is finished before the screen ends.
  if (name === 'q') return state.reset?.step === 'applying' ? state : withDone(state)
  if (name === '?') return { ...state, help: 0 }
  if (name === 'c') {
    const copying = copiedFrom(state)
    return copying === undefined ? state : { ...state, copying }
  }
  if (name === 'f' && state.reset === undefined && state.tail !== undefined) {
    const request = conversationFrom(state.tail)
    return request === undefined
      ? state
      : { ...state, tail: openTail(request), behind: state.behind ?? state.tail.request }
  }
  if (state.reset === undefined && state.tail === undefined) {
    const next = name === 'p' ? pressedInDashboard(state, key) : pressedGlobal(state, name)
    if (next !== undefined) return next
  }
  return pressedInView(state, key)
}

/** Whether keys are the characters of a text. */
function isTyping(state: ScreenState): boolean {
  const { tail, reset } = state
  if (reset !== undefined) {
    return reset.step === 'target' || (reset.step === 'plan' && reset.proposal.confirmBy !== undefined)
  }
  if (tail !== undefined) return tail.editing !== undefined
  return listInView(state).mode === 'filter'
}

/** Returns the state of the list that the view shows. */
export const listInView = ({ view, dashboard, topics, sagas }: ScreenState) =>
  ({ groups: dashboard, topics, sagas })[view]

/** Handles the keys of all views; `undefined` for other keys. */
function pressedGlobal(state: ScreenState, name: string): ScreenState | undefined {
  switch (name) {
    case '1':
    case '2':
    case '3':
      return switched(state, viewNames[Number(name) - 1] ?? state.view)
    case 'tab':
      return switched(state, viewAfter(state.view))
    case 't': {
      const request = tailFrom(state)
      return request === undefined ? state : { ...state, tail: openTail(request) }
    }
    case 'r': {
      const subject = resetSubject(state)
      return subject === undefined ? state : { ...state, reset: openReset(subject) }
    }
    default:
      return undefined
  }
}

/** Shows a view. Pressing the key of the shown view closes what is open in it. */
function switched(state: ScreenState, view: ViewName): ScreenState {
  const { dashboard } = state
  return { ...state, view, dashboard: dashboard.open === undefined ? dashboard : { ...dashboard, open: undefined } }
}

/** Returns what `r` resets: the selected group, or the selected partition of the open group. */
function resetSubject({ view, dashboard }: ScreenState): ResetSubject | undefined {
  if (view !== 'groups') return undefined
  const { open, groups } = dashboard
  if (open === undefined) {
    const group = groups.rows[groups.at]?.lag.group
    return group === undefined ? undefined : { group, partition: undefined }
  }
  const row = open.partitions.rows[open.partitions.at]
  if (row === undefined) return undefined
  return { group: open.group.group, partition: { topic: row.topic, partition: row.lag.partition } }
}

function pressedInView(state: ScreenState, key: Key): ScreenState {
  const { tail, reset, view, topics, sagas, dashboard } = state
  const { size, report, timeZone } = dashboard
  if (reset !== undefined) return changed(state, { reset: pressedInReset(reset, key, size) })
  if (tail !== undefined) {
    const next = pressedInTail(tail, key, size)
    if (next !== undefined || state.behind === undefined) return changed(state, { tail: next })
    // A new request, because the events are read again.
    return { ...state, tail: openTail({ ...state.behind }), behind: undefined }
  }
  if (view === 'groups') return pressedInDashboard(state, key)
  if (listInView(state).mode === 'list' && (key === 'enter' || key === 'right')) {
    const request = tailFrom(state)
    return request === undefined ? state : { ...state, tail: openTail(request) }
  }
  if (view === 'sagas') return changed(state, { sagas: pressedInSagas(sagas, key, dashboard) })
  return changed(state, { topics: pressedInTopics(topics, key, { size, report, timeZone }) })
}

/** Replaces parts of the state; returns the same object if they are the same. */
function changed(state: ScreenState, parts: Partial<ScreenState>): ScreenState {
  const isSame = Object.entries(parts).every(([name, part]) => state[name as keyof ScreenState] === part)
  return isSame ? state : { ...state, ...parts }
}

const pressedInDashboard = (state: ScreenState, key: Key): ScreenState =>
  withDashboard(state, reduce(state.dashboard, { type: 'pressed', key }))

const withDone = (state: ScreenState): ScreenState => ({ ...state, dashboard: { ...state.dashboard, isDone: true } })

/** Returns which help belongs to what is shown. */
export function helpTopicOf({ tail, reset, view }: ScreenState): HelpTopic {
  if (reset !== undefined) return 'reset'
  return tail === undefined ? view : 'events'
}

/** Scrolls the help. `q` quits, and any other key closes the help. */
function pressedInHelp(state: ScreenState, top: number, key: Key): ScreenState {
  if (typeof key !== 'string' && key.text === 'q') return withDone(state)
  const by = moveBy(key, helpHeight(state.dashboard.size))
  return by === undefined ? { ...state, help: undefined } : scrolledHelp(state, top + by)
}

/** Scrolls the help to the nearest line to `top` from which it fills the screen. */
function scrolledHelp(state: ScreenState, top: number): ScreenState {
  const { size } = state.dashboard
  const last = Math.max(0, wrappedHelp(helpTopicOf(state), size).length - helpHeight(size))
  return changed(state, { help: Math.max(0, Math.min(top, last)) })
}
