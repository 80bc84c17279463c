import { positionName } from '../../bus/names/names.ts'
import type { Position } from '../../bus/record.ts'
import type { SagaTimeline, SentMessage } from '../../operations/sagas/timeline.ts'
import { formatDuration } from '../text/format-duration.ts'
import { formatTime, type TimeZone, timeParts } from '../text/format-time.ts'
import { printable } from '../text/printable.ts'
import { type Cell, formatTable } from '../text/table.ts'
import { noteDocument, reasonDocument, time } from './saga-document.ts'
import { painter, untilText } from './saga-table.ts'
import { anyOfTypes, reasonText } from './saga-words.ts'

interface TimelineStyle {
  readonly timeZone: TimeZone
  readonly width: number | undefined
  readonly color: boolean
}

/** The most event types that the head names. */
const MAX_TYPES = 3

/** Formats what happened in a conversation: its state, then each event with the messages that the saga sent because of it. */
export function formatTimeline(timeline: SagaTimeline, style: TimelineStyle): string {
  const { transitions, unrelated } = timeline
  const rows: Cell[][] = []
  let before: number | undefined
  for (const { at, eventType, position, sent } of transitions) {
    const hop = before === undefined ? '' : hopText(at - before)
    rows.push([timeParts(at, style.timeZone).time, hop, eventType, position ? positionName(position) : 'timer'])
    for (const message of sent) rows.push(sentRow(message))
    before = at
  }
  for (const message of unrelated) rows.push(sentRow(message))
  const headers = [{ title: 'TIME', isWhole: true }, { title: 'HOP', align: 'right' as const }, 'EVENT', 'POSITION']
  return `${head(timeline, style)}\n${formatTable(headers, rows, style.width)}`
}

/** Times of different producers may go back. */
const hopText = (milliseconds: number): string =>
  milliseconds < 0 ? `-${formatDuration(-milliseconds)}` : `+${formatDuration(milliseconds)}`

const sentRow = ({ eventType, topic, position }: SentMessage): Cell[] => [
  '',
  '',
  `→ ${eventType}`,
  position === undefined ? `${topic} (outbox)` : positionName(position),
]

function head({ saga, correlationId, status, now, startedAt, source }: SagaTimeline, style: TimelineStyle): string {
  const { state, since, reason, waitsFor, deadline } = status
  const age = formatDuration(Math.max(0, now - since))
  const lines = [
    ['SAGA', printable(saga)],
    ['CONVERSATION', printable(correlationId)],
    ['STARTED', formatTime(startedAt, style.timeZone)],
    ['STATE', `${painter(style.color)(state)(state)} for ${age}`],
    ...(reason === undefined ? [] : [['WHY', printable(reasonText(reason))]]),
    ...(waitsFor.length === 0 ? [] : [['WAITS-FOR', printable(anyOfTypes(waitsFor, MAX_TYPES))]]),
    ...(deadline === undefined
      ? []
      : [['DEADLINE', `${formatTime(deadline, style.timeZone)} (${untilText(deadline, now)})`]]),
    ['FROM', source === 'store' ? 'event store' : 'topics'],
  ]
  return lines.map(([title = '', value]) => `${title.padEnd(14)}${value}\n`).join('')
}

/** Returns a conversation as in `--json`. */
export const timelineDocument = (timeline: SagaTimeline) => {
  const { saga, correlationId, file, source, status, now, startedAt, transitions, unrelated, notes } = timeline
  const { state, since, reason, waitsFor, deadline } = status
  return {
    ...{ saga, correlationId, file, source, state },
    since: time(since),
    ageMs: Math.max(0, now - since),
    startedAt: time(startedAt),
    waitsFor,
    deadline: deadline === undefined ? null : time(deadline),
    reason: reason === undefined ? null : reasonDocument(reason),
    transitions: transitions.map(({ at, version = null, eventType, position, sent }) => ({
      ...{ version, time: time(at), eventType },
      position: positionDocument(position),
      sent: sent.map(sentDocument),
    })),
    unrelated: unrelated.map(sentDocument),
    notes: notes.map(noteDocument),
  }
}

const positionDocument = (position: Position | undefined) => position ?? null

const sentDocument = ({ topic, eventType, position }: SentMessage) => ({
  ...{ topic, eventType },
  position: positionDocument(position),
})
