import type { Letter, LetterBox } from './letter.ts'
import { type ReasonCount, ReasonTally } from './reasons.ts'
import { type Selection, selectLetters } from './select.ts'

/** Dead letters with their reasons. */
export interface LetterList {
  /** The number of all selected letters. */
  readonly count: number
  readonly reasons: readonly ReasonCount[]
  /** The letters that failed first. */
  readonly letters: readonly Letter[]
}

/** Lists the letters that failed first, at most `limit`, and counts all by their reasons. */
export async function listLetters(
  boxes: readonly LetterBox[],
  selection: Selection,
  limit: number,
): Promise<LetterList> {
  const tally = new ReasonTally()
  let count = 0
  let kept: Letter[] = []
  for await (const { letters } of selectLetters(boxes, selection)) {
    for (const letter of letters) {
      tally.add(letter)
      // The bytes of a record may be a view of a large fetched batch.
      if (limit > 0) kept.push(letter)
    }
    count += letters.length
    if (kept.length > 2 * limit + 1000) kept = oldest(kept, limit)
  }
  return { count, reasons: tally.counts, letters: oldest(kept, limit) }
}

const oldest = (letters: readonly Letter[], limit: number): Letter[] =>
  [...letters].sort((a, b) => (a.firstFailedAt ?? 0) - (b.firstFailedAt ?? 0)).slice(0, limit)
