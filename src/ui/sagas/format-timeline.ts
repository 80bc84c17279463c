import { positionName } from '../../bus/names/names.ts'
import type { Position } from '../../bus/record.ts'
import type { ReplayedSaga } from '../../operations/sagas/replay/replay-saga.ts'
import type { StateChange } from '../../operations/sagas/replay/state-changes.ts'
import type { WhatIfDifference } from '../../operations/sagas/replay/what-if.ts'
import type { SagaTimeline, SentMessage } from '../../operations/sagas/timeline.ts'
import { cutLine } from '../text/cut-line.ts'
import { formatDuration } from '../text/format-duration.ts'
import { formatTime, type TimeZone, timeParts } from '../text/format-time.ts'
import { printable, printableJson } from '../text/printable.ts'
import { type Cell, formatTable } from '../text/table.ts'
import { wrap } from '../text/wrap.ts'
import { noteDocument, reasonDocument, time } from './saga-document.ts'
import { painter, untilText } from './saga-table.ts'
import { anyOfTypes, differenceText, reasonText } from './saga-words.ts'

interface TimelineStyle {
  readonly timeZone: TimeZone
  readonly width: number | undefined
  readonly color: boolean
}

/** What the code of a service makes of the events of a conversation. */
export interface ShownReplay {
  /** `FILE#EXPORT`. */
  readonly code: string
  readonly replayed: ReplayedSaga
  /** Absent: not compared. */
  readonly differences?: readonly WhatIfDifference[] | undefined
}

/** The most event types that the head names. */
const MAX_TYPES = 3

/**
 * Formats what happened in a conversation: its state, then each event with the messages that the saga sent because of it and, with a
 * replay, the changes of the saga's state.
 */
export function formatTimeline(timeline: SagaTimeline, style: TimelineStyle, replay?: ShownReplay): string {
  const { transitions, unrelated } = timeline
  const steps = new Map(replay?.replayed.steps.map((step) => [step.version, step]))
  const rows: Cell[][] = []
  /** The changes of states after each row. */
  const changes: (readonly StateChange[])[] = []
  // A saga of crbus stores the position of every event except its timers.
  const withoutPosition = transitions.some(({ position }) => position !== undefined) ? 'timer' : ''
  let before: number | undefined
  for (const { at, eventType, position, sent, version } of transitions) {
    const hop = before === undefined ? '' : hopText(at - before)
    rows.push([timeParts(at, style.timeZone).time, hop, eventType, position ? positionName(position) : withoutPosition])
    for (const message of sent) rows.push(sentRow(message))
    changes[rows.length - 1] = steps.get(version ?? 0)?.changes ?? []
    before = at
  }
  const headers = [{ title: 'TIME', isWhole: true }, { title: 'HOP', align: 'right' as const }, 'EVENT', 'POSITION']
  const [title = '', ...lines] = formatTable(headers, rows, style.width).split('\n')
  const shown = lines.flatMap((line, row) => [line, ...(changes[row] ?? []).map((one) => changeLine(one, style))])
  const others =
    unrelated.length === 0
      ? []
      : [
          formatTable(
            ['OTHER-MESSAGE', 'POSITION'],
            unrelated.map(({ eventType, topic, position }) => [eventType, positionText(topic, position)]),
            style.width,
          ),
        ]
  const table = `${head(timeline, style)}\n${title}\n${shown.join('\n')}`
  return [table, ...others, ...replayParts(replay, style)].join('\n')
}

function changeLine({ path, before, after }: StateChange, { width }: TimelineStyle): string {
  const line = `    ${printable(path || 'state')}: ${shownValue(before)} → ${shownValue(after)}`
  return width === undefined ? line : cutLine(line, width)
}

const shownValue = (value: unknown): string => (value === undefined ? '-' : printableJson(JSON.stringify(value)))

const prettyState = (state: unknown): string =>
  (JSON.stringify(state, undefined, 2) ?? '-').split('\n').map(printableJson).join('\n')

function replayParts(replay: ShownReplay | undefined, { width }: TimelineStyle): string[] {
  if (replay === undefined) return []
  const { code, replayed, differences } = replay
  const { failed, state } = replayed
  const parts = [`STATE of ${printable(code)}\n${prettyState(state)}\n`]
  if (failed !== undefined) {
    const where = `version ${failed.version} (${failed.eventType})`
    parts.push(`error: ${printable(`the code cannot reduce ${where}: ${failed.reason}`)}\n`)
  }
  if (differences !== undefined && differences.length === 0) {
    parts.push('ok: the code reacts to every event as was stored and sent\n')
  }
  if (differences !== undefined && differences.length > 0) {
    const rows = differences.map((difference) => [difference.version, difference.code, differenceText(difference)])
    parts.push(formatTable(['VERSION', 'DIFFERENCE', 'WHAT'], rows, width))
  }
  return parts
}

/** Times of different producers may go back. */
const hopText = (milliseconds: number): string =>
  milliseconds < 0 ? `-${formatDuration(-milliseconds)}` : `+${formatDuration(milliseconds)}`

const sentRow = ({ eventType, topic, position }: SentMessage): Cell[] => [
  '',
  '',
  `→ ${eventType}`,
  positionText(topic, position),
]

const positionText = (topic: string, position: Position | undefined): string =>
  position === undefined ? `${topic} (outbox)` : positionName(position)

/** The width of the titles in the head. */
const TITLE_CELLS = 14

/** Formats a line of the head. On a terminal, breaks a long value at words. */
const headLine = (title: string, value: string, width = Number.POSITIVE_INFINITY): string =>
  `${wrap(title.padEnd(TITLE_CELLS), value, width)}\n`

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
      : [['DEADLINE', `${formatTime(deadline, style.timeZone)} (${untilText(deadline, now).replace('-', ' ')})`]]),
    ['FROM', source === 'store' ? 'event store' : 'topics'],
  ]
  return lines.map(([title = '', value = '']) => headLine(title, value, style.width)).join('')
}

/** Returns a conversation as in `--json`. */
export const timelineDocument = (timeline: SagaTimeline, replay?: ShownReplay) => {
  const { saga, correlationId, of, source, status, now, startedAt, transitions, unrelated, notes } = timeline
  const { state, since, reason, waitsFor, deadline } = status
  const steps = new Map(replay?.replayed.steps.map((step) => [step.version, step]))
  return {
    ...{ saga, correlationId, file: of.path, source, state },
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
      changes: steps.get(version ?? 0)?.changes ?? null,
    })),
    unrelated: unrelated.map(sentDocument),
    replay: replay === undefined ? null : replayDocument(replay),
    notes: notes.map(noteDocument),
  }
}

const replayDocument = ({ code, replayed: { state, failed }, differences }: ShownReplay) => ({
  ...{ code, state: state ?? null },
  failed: failed ?? null,
  differences: differences?.map((difference) => ({ ...difference, message: differenceText(difference) })) ?? null,
})

const positionDocument = (position: Position | undefined) => position ?? null

const sentDocument = ({ topic, eventType, position }: SentMessage) => ({
  ...{ topic, eventType },
  position: positionDocument(position),
})
