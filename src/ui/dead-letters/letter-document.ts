import type { DiscardPlan } from '../../operations/dead-letters/discard.ts'
import type { Letter } from '../../operations/dead-letters/letter.ts'
import type { LetterList } from '../../operations/dead-letters/list-letters.ts'
import type { ReasonCount } from '../../operations/dead-letters/reasons.ts'
import type { RetryPlan } from '../../operations/dead-letters/sending/retry.ts'
import type { SkipCount } from '../../operations/dead-letters/skip-tally.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { recordDocument } from '../records/record-document.ts'
import { eventTypeOf } from './event-type.ts'
import { skipText } from './letter-words.ts'

const toTime = (milliseconds: number | undefined) =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString()

/** Returns a letter as in `--json`. */
function letterDocument(letter: Letter, view: EventView) {
  const { id, source, status, origin, reason, attempts, firstFailedAt, lastFailedAt, retries, resolution } = letter
  return {
    id,
    source,
    status,
    eventType: eventTypeOf(view) ?? null,
    origin: { topic: origin.topic ?? null, partition: origin.partition ?? null, offset: origin.offset ?? null },
    reason,
    attempts: attempts ?? null,
    retries: retries ?? null,
    firstFailedAt: toTime(firstFailedAt),
    lastFailedAt: toTime(lastFailedAt),
    resolution:
      resolution === undefined
        ? null
        : { by: resolution.by, at: toTime(resolution.at), notes: resolution.notes ?? null },
  }
}

/** Returns everything of a letter as in `--json`. */
export const wholeLetterDocument = (letter: Letter, view: EventView) => ({
  ...letterDocument(letter, view),
  streamId: letter.streamId ?? null,
  details: letter.details ?? null,
  facts: letter.facts.map(([name, value]) => ({ name, value })),
  record: recordDocument(view),
})

const reasonsDocument = (reasons: readonly ReasonCount[]) =>
  reasons.map(({ reason, count, first, last }) => ({ reason, count, first: toTime(first), last: toTime(last) }))

export const skipDocument = (skipped: readonly SkipCount[]) =>
  skipped.map((one) => ({ ...one, message: skipText(one) }))

export const listDocument = ({ count, reasons, letters }: LetterList, viewOf: (letter: Letter) => EventView) => ({
  count,
  reasons: reasonsDocument(reasons),
  letters: letters.map((letter) => letterDocument(letter, viewOf(letter))),
})

/** Returns a plan as in `--json`. */
export const planDocument = <Plan extends RetryPlan | DiscardPlan>({ missing: _, skipped, ...plan }: Plan) => ({
  ...plan,
  reasons: reasonsDocument(plan.reasons),
  skips: skipDocument(skipped),
})
