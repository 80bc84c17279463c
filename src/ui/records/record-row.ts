import { positionName } from '../../bus/names/names.ts'
import { isDate } from '../../bus/time/json-time.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { type TimeZone, timeParts } from '../text/format-time.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { printable } from '../text/printable.ts'
import { payloadText } from './format-record-text.ts'
import { type PrettyStyle, prettyLines } from './text/format-record-pretty.ts'
import { namedKey, titleOf } from './text/record-parts.ts'

/** A record as a row of the live screen. All texts are safe for a terminal. */
export interface RecordRow {
  /** The position, which identifies the row. */
  readonly key: string
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** The time of day. */
  readonly time: string
  /** The event type; a record without one is a `tombstone`, `undecodable`, or named by the codec of its value. */
  readonly type: string
  readonly isUndecodable: boolean
  /** The payload, or the key of a tombstone, and the correlation id on one line. */
  readonly text: string
  /** The correlation id of the event. Absent: it has none. Not escaped. */
  readonly correlationId?: string | undefined
  /** The branches of the tree of a conversation before the event type, and the time since its cause. Absent in other lists. */
  readonly branch?: { readonly lines: string; readonly after: string } | undefined
  /** The bytes that the row keeps in memory. */
  readonly bytes: number
  /** Returns everything about the record, in the lines of `crbus tail -o pretty`. */
  detail(): readonly string[]
}

/** The most characters of a payload that a row keeps; no terminal is wider. */
const MAX_ROW_CHARS = 1000

/** How the rows of records are formatted. */
export interface RowStyle extends Pick<PrettyStyle, 'timeZone' | 'now'> {
  /** Leaves out the correlation id, which all rows of a conversation share. */
  readonly hidesCorrelation?: boolean | undefined
}

/** Creates the row of a record. The view must not share its bytes with others: the row keeps them. */
export function recordRow(view: EventView, { timeZone, now, hidesCorrelation = false }: RowStyle): RecordRow {
  const { record, envelope, payload, isUndecodable } = view
  const { topic, partition, offset, timestamp, key, value } = record
  const correlation = envelope?.ok ? envelope.event.metadata?.correlationId : undefined
  const reason = isUndecodable && payload?.ok === false ? `${printable(payload.reason)} ` : ''
  // A tombstone says nothing but which key it deletes.
  const content = value === null ? namedKey(view) : `${reason}${payloadText(view)}`
  const text = content.slice(0, MAX_ROW_CHARS)
  return {
    key: positionName(record),
    topic,
    partition,
    offset,
    time: clock(timestamp, timeZone),
    type: titleOf(view),
    isUndecodable,
    correlationId: correlation,
    text: correlation === undefined || hidesCorrelation ? text : `${text}  correlation_id=${printable(correlation)}`,
    bytes: (key?.length ?? 0) + (value?.length ?? 0),
    detail: () => limited(prettyLines({ color: false, timeZone, now })(view)),
  }
}

/** The most lines of a record, and the most characters of a line, that the screen wraps and scrolls. */
const MAX_LINES = 5000
const MAX_LINE_CHARS = 100_000

function limited(lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, MAX_LINES).map(shortened)
  return lines.length > MAX_LINES ? [...shown, `and ${lines.length - MAX_LINES} more lines`] : shown
}

const shortened = (line: string): string =>
  line.length <= MAX_LINE_CHARS
    ? line
    : `${line.slice(0, MAX_LINE_CHARS)}… and ${line.length - MAX_LINE_CHARS} more characters`

/** Formats the time of day with milliseconds. */
function clock(timestamp: bigint, timeZone: TimeZone): string {
  if (timestamp === -1n || !isDate(timestamp)) return formatTimestamp(timestamp, timeZone)
  return timeParts(Number(timestamp), timeZone).time
}
