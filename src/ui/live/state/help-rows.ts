import type { LagVerdict } from '../../../operations/lag/verdict.ts'
import type { SagaState } from '../../../operations/sagas/conversation.ts'
import { stateMeanings } from '../../sagas/saga-words.ts'
import { wrapCells } from '../text/fit-text.ts'
import { type Size, textWidth } from './layout.ts'
import type { ViewName } from './view-names.ts'

/** The views that have a help of their own. */
export type HelpTopic = ViewName | 'events' | 'reset'

/** A row of the help. An empty name and text is an empty line, and a row without a name continues the one before. */
export interface HelpRow {
  readonly name: string
  readonly text: string
  /** Set if the name is a verdict, which has a color. */
  readonly verdict?: LagVerdict
  /** Set if the name is the state of a conversation, which has a color. */
  readonly state?: SagaState
}

const row = (name: string, text: string): HelpRow => ({ name, text })
const empty = row('', '')

const move = row('↑ ↓  j k', 'move by a row; PgUp PgDn by a page; g G to the ends')
const views = row('1 2 3 tab', 'show groups, topics or sagas')
const back = row('esc', 'back; also backspace and ←')
const filter = row('/', 'filter by a part of a word or a glob such as *-events')
const copy = row('c', 'copy the command that shows the same')
const pause = row('p', 'pause until pressed again')
const quit = row('q', 'quit')

const marks = [
  row('bars', 'groups: logarithmic (a step is 10 times); partitions: linear'),
  row('trend', 'the last lags, newest on the right, lowest to highest'),
  row('/s  catch-up', 'rates and the time until nothing waits, over the last 10 s'),
]

const verdicts: Readonly<Record<LagVerdict, string>> = {
  'beyond-the-log': 'the committed offset is outside the log',
  stopped: 'events wait and no member reads them',
  stalled: 'events wait and nothing was committed',
  rewound: 'the committed offset moved back',
  'held-back': 'only events behind an open transaction wait',
  'falling-behind': 'offsets are committed, the lag does not shrink',
  'never-committed': 'there are events and nothing was committed',
  'catching-up': 'the lag shrinks',
  ok: 'nothing waits, or only events that just came',
}

/** The rows of the help of each view. */
const helpRows: Readonly<Record<HelpTopic, readonly HelpRow[]>> = {
  groups: [
    move,
    views,
    row('enter', 'open a group: its members and partitions'),
    back,
    filter,
    row('s', 'sort by verdict (worst), lag, age or name'),
    row('t', 'show the events of a group, or those a partition stands at'),
    row('r', 'reset the offsets of a group or partition, after a plan'),
    copy,
    row('a', 'show or hide groups that are asleep: no member, no recent lag'),
    pause,
    quit,
    empty,
    ...marks,
    empty,
    row('stalled 1/3', 'the worst verdict of the partitions, here of one of three'),
    ...(Object.entries(verdicts) as [LagVerdict, string][]).map(([verdict, text]) => ({
      name: verdict,
      text,
      verdict,
    })),
  ],
  topics: [
    move,
    views,
    row('enter  t', 'show the newest events of a topic and follow it'),
    filter,
    row('s', 'sort by name, rate, events, bytes or groups'),
    copy,
    pause,
    quit,
    empty,
    row('events', 'the events in the log; ≤ marks a compacted topic, with fewer'),
    row('/s', 'events written per second, since the measurement before'),
    row('bytes', 'the size on disk without replicas; - if it is not known'),
    row('groups', 'the groups that read the topic or have committed on it'),
    row('retention', 'how long events are kept; default: as the brokers are set'),
  ],
  sagas: [
    move,
    views,
    row('enter  t', 'show the conversation: causes and effects'),
    filter,
    row('s', 'sort by state (worst), age, start or name'),
    copy,
    pause,
    quit,
    empty,
    row('age', 'the time since the state began'),
    row('last', 'the last event, and the time since then'),
    row('waits-for', 'what is expected next, or why it is stuck or failed'),
    row('reading', 'every 5 s, or less often: for a fifth of the time at most'),
    empty,
    ...(Object.entries(stateMeanings) as [SagaState, string][]).map(([state, text]) => ({ name: state, text, state })),
  ],
  events: [
    move,
    row('enter', 'open a record with all its fields'),
    row('esc', 'remove the conditions of / and w, then back'),
    row('/', 'only events with a text in their type, metadata or payload'),
    row('w', 'only events that a CEL expression selects: data.total > 100'),
    row('f', 'show the flow: the conversation of the event, causes and effects'),
    copy,
    quit,
    empty,
    row('G', 'go to the last event; the list follows new events from there'),
  ],
  reset: [
    row('y', 'apply the plan; a protected profile asks for the group name'),
    row('any other key', 'leave everything as it is'),
    row('↑ ↓  j k', 'scroll the plan; PgUp PgDn by a page; g G to the ends'),
    row('c', 'copy the command that does the same, or undoes the reset'),
    row('esc', 'back'),
    quit,
    empty,
    row('replay', 'events up to the committed offset are delivered again'),
    row('skip', 'events up to the new offset are not delivered'),
    row('set', 'the group gets its first committed offset in the partition'),
    row('forget', 'the committed offset is removed'),
    row('none', 'no event is delivered again or skipped'),
  ],
}

/** The width of the names and of the space after them. */
export const HELP_NAME_CELLS = 17

/** Returns the lines of the help of a view. Texts that are wider than the screen continue on further lines. */
export const wrappedHelp = (topic: HelpTopic, size: Size): readonly HelpRow[] =>
  helpRows[topic].flatMap((one) =>
    wrapCells(one.text, Math.max(1, textWidth(size) - HELP_NAME_CELLS)).map((text, at) =>
      at === 0 ? { ...one, text } : row('', text),
    ),
  )
