import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { type Reading, viewOf } from '../../operations/events/event-view.ts'
import { buildTrace } from '../../operations/trace/build-trace.ts'
import { gatherConversation } from '../../operations/trace/gather.ts'
import type { TailRequest, TailUpdate } from '../../ui/live/ports.ts'
import type { TimeZone } from '../../ui/text/format-time.ts'
import { plural } from '../../ui/text/listed.ts'
import { conversationRows } from '../../ui/trace/conversation-rows.ts'
import { gatherNoticeText } from '../../ui/trace/notices.ts'
import { traceDocument } from '../../ui/trace/trace-document.ts'

/** How long a command may go unanswered: the default of `crbus trace --overdue`. */
const OVERDUE_MS = 60_000

interface ConversationContext {
  readonly reading: Reading
  readonly timeZone: TimeZone
  readonly now: () => number
  readonly signal: AbortSignal
  /** Returns the path of the index of events. */
  readonly indexPath: () => Promise<string>
}

/** Reads a conversation for the live screen, as `crbus trace` does. A failure of the bus is an update. */
export async function* conversationUpdates(
  bus: EventBus,
  { conversation = '', limit }: TailRequest,
  { reading, timeZone, now, signal, indexPath }: ConversationContext,
): AsyncGenerator<TailUpdate> {
  const notices: string[] = []
  try {
    const { messages, isComplete, read } = await gatherConversation(bus, {
      ...{ correlationId: conversation, limit, reading, signal, indexPath: await indexPath() },
      onNotice: (notice) => {
        if (notice.code !== 'index-used') notices.push(gatherNoticeText(notice, timeZone))
      },
    })
    if (signal.aborted) return
    const { topics } = read
    const options = { correlationId: conversation, topics, isComplete, now: now(), overdue: OVERDUE_MS }
    const trace = buildTrace(messages, options)
    const document = traceDocument(trace, read)
    yield {
      kind: 'events',
      rows: conversationRows(trace, document, { viewOf: (record) => viewOf(record, reading), timeZone, now }),
    }
    const [finding] = document.findings
    if (finding !== undefined) {
      const others = document.findings.length - 1
      notices.unshift(`${finding.message}${others === 0 ? '' : `; and ${plural(others, 'more finding')}`}`)
    }
    const [notice] = notices
    if (notice !== undefined) yield { kind: 'notice', text: notice }
    yield { kind: 'complete' }
  } catch (error) {
    if (!(error instanceof EventBusError)) throw error
    yield { kind: 'failed', reason: error.message }
  }
}
