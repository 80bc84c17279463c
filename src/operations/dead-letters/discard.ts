import type { EventBus } from '../../bus/event-bus.ts'
import type { Letter, LetterBox } from './letter.ts'
import { type ReasonCount, ReasonTally } from './reasons.ts'
import { type Selection, selectLetters } from './select.ts'
import type { Operator } from './sending/claim.ts'
import { reconcile, standingOf } from './sending/reconcile.ts'
import { type SkipCount, SkipTally } from './skip-tally.ts'

export interface DiscardRequest {
  readonly boxes: readonly LetterBox[]
  readonly selection: Selection
  readonly operator: Operator
  readonly now: () => number
}

/** Letters to discard. */
export interface DiscardPlan {
  readonly count: number
  readonly reasons: readonly ReasonCount[]
  readonly skipped: readonly SkipCount[]
  /** The ids in the selection that are not those of letters. */
  readonly missing: readonly string[]
}

/** Plans to discard the selected letters. Only reads. */
export async function planDiscard({ boxes, selection, operator, now }: DiscardRequest): Promise<DiscardPlan> {
  const [reasons, skipped, found] = [new ReasonTally(), new SkipTally(), new Set<string>()]
  let count = 0
  for await (const { letters } of selectLetters(boxes, selection)) {
    for (const letter of letters) {
      if (selection.ids !== undefined) found.add(letter.id)
      const standing = standingOf(letter, operator, now())
      if (standing.kind === 'skip') skipped.add(standing.skip, letter)
      else {
        count += 1
        reasons.add(letter)
      }
    }
  }
  const missing = (selection.ids ?? []).filter((id) => !found.has(id))
  return { count, reasons: reasons.counts, skipped: skipped.counts, missing }
}

/** What became of letters to discard. */
export interface Discarded {
  readonly discarded: number
  /** The number of letters that an interrupted retry had sent: they are resolved now. */
  readonly alreadySent: number
  readonly skippedMeanwhile: readonly SkipCount[]
}

/** Marks the selected letters as discarded, with the reason as their notes. */
export async function applyDiscard(bus: EventBus, request: DiscardRequest, reason: string): Promise<Discarded> {
  const { boxes, selection, operator, now } = request
  const skipped = new SkipTally()
  let [discarded, alreadySent] = [0, 0]
  for await (const { box, letters } of selectLetters(boxes, selection)) {
    const open: Letter[] = []
    const interrupted = letters.flatMap((letter) => {
      const standing = standingOf(letter, operator, now())
      if (standing.kind === 'free') open.push(letter)
      return standing.kind === 'interrupted' ? [{ letter, claim: standing.claim }] : []
    })
    if (interrupted.length > 0) {
      const outcome = await reconcile(bus, box, interrupted, selection.signal)
      open.push(...outcome.unsent)
      alreadySent += outcome.resolved.length
      for (const { letter, skip } of outcome.skipped) skipped.add(skip, letter)
    }
    const to = { status: 'discarded', by: operator.name, notes: reason } as const
    const changed = await box.change(open.map((letter) => ({ letter, to })))
    discarded += changed.size
    for (const letter of open) if (!changed.has(letter.id)) skipped.add('changed-meanwhile', letter)
    if (selection.signal.aborted) break
  }
  return { discarded, alreadySent, skippedMeanwhile: skipped.counts }
}
