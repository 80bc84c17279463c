import type { EventBus } from '../../bus/event-bus.ts'
import { type SagaReason, type SagaState, sagaStates, statusOf } from './conversation.ts'
import { type GatherRequest, gatherConversations, type SagaNote } from './gather.ts'

/** A conversation of a saga, and its state. Times are milliseconds since 1970. */
export interface SagaInstance {
  readonly saga: string
  /** The id of the conversation. */
  readonly correlationId: string
  /** The correlation id of its messages, if it is not the id of the conversation. */
  readonly messagesId: string | undefined
  readonly state: SagaState
  /** When the state began. */
  readonly since: number
  readonly startedAt: number
  readonly last: { readonly eventType: string; readonly at: number }
  /** The event types of which one is expected next. */
  readonly waitsFor: readonly string[]
  readonly deadline: number | undefined
  readonly reason: SagaReason | undefined
}

/** A saga, and how many of its conversations are in each state. */
export interface SagaCounts {
  readonly saga: string
  /** The file with its description. */
  readonly file: string
  readonly source: 'store' | 'topics'
  readonly counts: Readonly<Record<SagaState, number>>
}

export interface SagaReport {
  /** When the states were judged. */
  readonly at: number
  readonly sagas: readonly SagaCounts[]
  /** The conversations, the most urgent first: see {@link sagaStates}, then the oldest. */
  readonly instances: readonly SagaInstance[]
  readonly notes: readonly SagaNote[]
}

/** Lists the conversations of sagas with their states. Only reads. */
export async function listSagas(bus: EventBus, request: GatherRequest): Promise<SagaReport> {
  const { sagas, notes } = await gatherConversations(bus, request)
  const { now } = request
  const instances: SagaInstance[] = []
  const ownNotes: SagaNote[] = []
  const counted = sagas.map(({ path, definition, types, source, conversations, endsKnownSince }): SagaCounts => {
    const { saga } = definition
    const counts = noCounts()
    for (const conversation of conversations.values()) {
      const status = statusOf(definition, types, conversation, { now, endsKnownSince })
      const { id, correlationId, firstAt, lastAt, lastType } = conversation
      const messagesId = correlationId === id ? undefined : correlationId
      counts[status.state] += 1
      const last = { eventType: lastType, at: lastAt }
      instances.push({ saga, correlationId: id, messagesId, startedAt: firstAt, last, ...status })
    }
    if (counts.expired > 0) ownNotes.push({ code: 'end-unknown', saga, count: counts.expired })
    return { saga, file: path, source, counts }
  })
  instances.sort((a, b) => urgency(a) - urgency(b) || a.since - b.since)
  return { at: now, sagas: counted, instances, notes: [...notes, ...ownNotes] }
}

const urgency = ({ state }: SagaInstance): number => sagaStates.indexOf(state)

const noCounts = (): Record<SagaState, number> => ({
  failed: 0,
  stuck: 0,
  running: 0,
  expired: 0,
  compensated: 0,
  completed: 0,
})
