import type { BusRecord } from '../../bus/record.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import type { Trace } from '../../operations/trace/trace.ts'
import { type RecordRow, type RowStyle, recordRow } from '../records/record-row.ts'
import { printable } from '../text/printable.ts'
import { hopText, treeLines } from './format-trace.ts'
import type { TraceDocument, TraceMessage } from './trace-document.ts'

interface ConversationStyle extends RowStyle {
  /** Decodes a record. */
  readonly viewOf: (record: BusRecord) => EventView
}

/** Returns the messages of a conversation as rows of the live screen, in the order of their tree. */
export function conversationRows(trace: Trace, document: TraceDocument, style: ConversationStyle): RecordRow[] {
  return [...treeLines(document.messages)].map(({ message, branch }) => {
    const { record } = trace.messages[message.index]?.message ?? {}
    const row =
      record === undefined ? storedRow(message) : recordRow(style.viewOf(record), { ...style, hidesCorrelation: true })
    const marks = message.marks.length === 0 ? '' : `[${message.marks.join(' ')}] `
    return { ...row, text: `${marks}${row.text}`, branch: { lines: branch, after: hopText(message) } }
  })
}

/** The row of a dead letter in the event store. */
function storedRow({
  index,
  topic,
  partition,
  eventType = 'dead letter',
  correlationId,
  deadLetter,
}: TraceMessage): RecordRow {
  const { stored, reason = '', origin = topic } = deadLetter ?? {}
  const lines = [
    `dead letter ${stored?.id ?? ''} of the event store, ${stored?.status ?? ''}`,
    `  event type  ${eventType}`,
    `  from        ${origin}`,
    `  reason      ${reason}`,
  ].map(printable)
  return {
    key: `dead letter ${stored?.id ?? index}`,
    topic,
    partition,
    offset: 0n,
    time: '-',
    type: printable(eventType),
    isUndecodable: false,
    text: printable(reason),
    correlationId,
    bytes: 0,
    detail: () => lines,
  }
}
