import { globMatcher } from '../../bus/names/glob.ts'
import type { DeadLetterStatus } from '../../store/event-store.ts'
import type { EventFilter } from '../events/event-filter.ts'
import type { Reading } from '../events/event-view.ts'
import { type Letter, type LetterBox, viewOfLetter } from './letter.ts'

/** Which letters to read. */
export interface Selection {
  /** The letters with these ids. Absent: all that meet the conditions. */
  readonly ids?: readonly string[] | undefined
  readonly statuses: readonly DeadLetterStatus[]
  /** Text that must occur in the reason, ignoring case. */
  readonly reason?: string | undefined
  /** Failed at this time or later, in milliseconds since 1970. */
  readonly since?: number | undefined
  /** A condition of the event. */
  readonly filter?: EventFilter | undefined
  readonly reading: Reading
  readonly signal: AbortSignal
}

/** Letters of one box. */
export interface LetterBatch {
  readonly box: LetterBox
  readonly letters: readonly Letter[]
}

/** Reads the selected letters in batches. */
export async function* selectLetters(boxes: readonly LetterBox[], selection: Selection): AsyncGenerator<LetterBatch> {
  const { statuses, signal, ids } = selection
  for (const box of boxes) {
    if (ids !== undefined) {
      const letters = await box.get(ids)
      if (letters.length > 0) yield { box, letters }
      continue
    }
    for await (const batch of box.letters(statuses, signal)) {
      const letters = batch.filter((letter) => isSelected(letter, selection))
      if (letters.length > 0) yield { box, letters }
      // A bus in memory would otherwise give signals no turn.
      await new Promise(setImmediate)
    }
  }
}

function isSelected(letter: Letter, { reason, since, filter, reading }: Selection): boolean {
  if (reason !== undefined && !letter.reason.toLowerCase().includes(reason.toLowerCase())) return false
  if (since !== undefined && (letter.lastFailedAt ?? 0) < since) return false
  return filter === undefined || filter(viewOfLetter(letter, reading))
}

/** Returns a function that says whether a topic has one of these names, or matches one of these globs. */
export function topicsNamed(texts: readonly string[]): (topic: string) => boolean {
  const patterns = texts.map(globMatcher)
  return (topic) => patterns.some((matches) => matches(topic))
}
