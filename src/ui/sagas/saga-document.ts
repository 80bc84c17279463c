import type { SagaReason } from '../../operations/sagas/conversation.ts'
import type { SagaNote } from '../../operations/sagas/gather.ts'
import type { SagaInstance, SagaReport } from '../../operations/sagas/list.ts'
import { reasonText, sagaNoteText } from './saga-words.ts'

/** Returns a report of sagas as in `--json`. */
export const sagasDocument = ({ at, sagas, notes }: SagaReport, instances: readonly SagaInstance[]) => ({
  at: time(at),
  sagas,
  instances: instances.map(({ since, startedAt, last, deadline, reason, messagesId: _, ...instance }) => ({
    ...instance,
    since: time(since),
    startedAt: time(startedAt),
    ageMs: Math.max(0, at - since),
    last: { eventType: last.eventType, time: time(last.at) },
    deadline: deadline === undefined ? null : time(deadline),
    reason: reason === undefined ? null : reasonDocument(reason),
  })),
  notes: notes.map(noteDocument),
})

export const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

export const noteDocument = (note: SagaNote) => ({ ...note, message: sagaNoteText(note) })

export const reasonDocument = (reason: SagaReason) => ({
  ...reason,
  ...(reason.code === 'overdue' && { deadline: time(reason.deadline) }),
  message: reasonText(reason),
})
