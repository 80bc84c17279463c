import type { DiscardPlan } from '../../operations/dead-letters/discard.ts'
import { eventTypeOf, type Letter, viewOfLetter } from '../../operations/dead-letters/letter.ts'
import type { LetterList } from '../../operations/dead-letters/list-letters.ts'
import type { ReasonCount } from '../../operations/dead-letters/reasons.ts'
import type { RetryPlan } from '../../operations/dead-letters/retry.ts'
import type { SkipCount } from '../../operations/dead-letters/skip-tally.ts'
import type { Reading } from '../../operations/events/event-view.ts'
import { recordDocument } from '../records/record-document.ts'
import { skipText } from './letter-words.ts'

const toTime = (milliseconds: number | undefined) =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString()

/** Returns a letter as in `--json`. */
export function letterDocument(letter: Letter, reading: Reading) {
  const { id, source, status, origin, reason, attempts, firstFailedAt, lastFailedAt, retries, resolution } = letter
  return {
    id,
    source,
    status,
    eventType: eventTypeOf(viewOfLetter(letter, reading)) ?? null,
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
export const wholeLetterDocument = (letter: Letter, reading: Reading) => ({
  ...letterDocument(letter, reading),
  streamId: letter.streamId ?? null,
  details: letter.details ?? null,
  facts: letter.facts.map(([name, value]) => ({ name, value })),
  record: recordDocument(viewOfLetter(letter, reading)),
})

const reasonsDocument = (reasons: readonly ReasonCount[]) =>
  reasons.map(({ reason, count, first, last }) => ({ reason, count, first: toTime(first), last: toTime(last) }))

export const skipDocument = (skipped: readonly SkipCount[]) =>
  skipped.map((one) => ({ ...one, message: skipText(one) }))

export const listDocument = ({ count, reasons, letters }: LetterList, reading: Reading) => ({
  count,
  reasons: reasonsDocument(reasons),
  letters: letters.map((letter) => letterDocument(letter, reading)),
})

/** Returns a plan as in `--json`. */
export const planDocument = <Plan extends RetryPlan | DiscardPlan>({ missing: _, ...plan }: Plan) => ({
  ...plan,
  reasons: reasonsDocument(plan.reasons),
  skipped: skipDocument(plan.skipped),
})
