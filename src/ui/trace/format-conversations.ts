import { positionName } from '../../bus/names/names.ts'
import type { FoundConversation, FoundConversations } from '../../operations/trace/find-conversations.ts'
import { formatTime, type TimeZone } from '../text/format-time.ts'
import { formatTable } from '../text/table.ts'

/** The conversations that an expression found, as JSON. */
export interface ConversationsDocument {
  readonly conversations: readonly {
    readonly correlationId: string
    readonly eventType: string
    readonly topic: string
    readonly partition: number
    readonly offset: number | string
    readonly time: string | null
    readonly count: number
  }[]
}

export const conversationsDocument = ({ conversations }: FoundConversations): ConversationsDocument => ({
  conversations: conversations.map(({ correlationId, eventType, first, time, count }) => ({
    correlationId,
    eventType,
    topic: first.topic,
    partition: first.partition,
    offset: Number.isSafeInteger(Number(first.offset)) ? Number(first.offset) : first.offset.toString(),
    time: time === undefined ? null : new Date(time).toISOString(),
    count,
  })),
})

/** Formats conversations as a table. */
export const formatConversations = (
  conversations: readonly FoundConversation[],
  timeZone: TimeZone,
  width: number | undefined,
): string =>
  formatTable(
    ['CORRELATION-ID', { title: 'TIME', isWhole: true }, 'FIRST-EVENT', { title: 'POSITION', isExtra: true }, 'EVENTS'],
    conversations.map(({ correlationId, eventType, first, time, count }) => [
      correlationId,
      time === undefined ? '' : formatTime(time, timeZone),
      eventType,
      positionName(first),
      count,
    ]),
    width,
  )
