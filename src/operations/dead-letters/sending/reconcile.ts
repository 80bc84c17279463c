import type { EventBus } from '../../../bus/event-bus.ts'
import { partitionName, positionName } from '../../../bus/names/names.ts'
import { RETRIED_NOTES } from '../../../store/dead-letter-text.ts'
import { CLAIM_HEADER } from '../failure-headers.ts'
import type { Letter, LetterBox } from '../letter.ts'
import { type Claim, isHeld, type Operator, readClaim } from './claim.ts'
import type { SkipCode } from './outgoing.ts'

/** What may happen with a letter, by its status and its claim. */
export type Standing =
  | { readonly kind: 'free' }
  /** A process claimed it and ended before it noted the outcome. */
  | { readonly kind: 'interrupted'; readonly claim: Claim }
  | { readonly kind: 'skip'; readonly skip: SkipCode }

/** Returns what may happen with a letter. */
export function standingOf({ status, resolution }: Letter, operator: Operator, now: number): Standing {
  if (status === 'pending') return { kind: 'free' }
  if (status !== 'processing') return { kind: 'skip', skip: 'not-open' }
  const claim = readClaim(resolution?.notes)
  if (claim === undefined) return { kind: 'skip', skip: 'being-processed' }
  return isHeld(claim, operator, now) ? { kind: 'skip', skip: 'being-retried' } : { kind: 'interrupted', claim }
}

/** The outcome of interrupted letters. */
export interface Reconciled {
  /** Letters whose records were found, and which are marked as resolved now. */
  readonly resolved: readonly Letter[]
  /** Letters that were not sent. */
  readonly unsent: readonly Letter[]
  readonly skipped: readonly { readonly letter: Letter; readonly skip: SkipCode }[]
}

interface Interrupted {
  readonly letter: Letter
  readonly claim: Claim
}

/**
 * Finds out which interrupted letters were sent: reads their topics from the ends that the claims note, for records with the ids of
 * the claims. Marks the letters that were sent as resolved.
 */
export async function reconcile(
  bus: EventBus,
  box: LetterBox,
  interrupted: readonly Interrupted[],
  signal: AbortSignal,
): Promise<Reconciled> {
  const byPartition = Map.groupBy(interrupted, ({ claim }) => partitionName(claim))
  const sent = new Map<string, string>()
  const skipped: { letter: Letter; skip: SkipCode }[] = []
  const ranges = await bus.log.rangesOf([...new Set(interrupted.map(({ claim }) => claim.topic))])
  for (const group of byPartition.values()) {
    const { topic, partition } = (group[0] as Interrupted).claim
    const range = ranges.get(topic)?.find((one) => one.partition === partition)
    const known = group.filter(({ letter, claim: { from } }) => {
      const isKnown = range !== undefined && range.start <= from && from <= range.end
      if (!isKnown) skipped.push({ letter, skip: 'outcome-unknown' })
      return isKnown
    })
    if (range === undefined || known.length === 0) continue
    const from = known.reduce((min, { claim }) => (claim.from < min ? claim.from : min), range.end)
    const ids = new Set(known.map(({ claim }) => claim.id))
    // Also behind an open transaction of another producer, because retries are sent outside of transactions.
    const reading = { signal, isolation: 'uncommitted' } as const
    for await (const batch of bus.log.read([{ topic, partition, from, to: range.end }], reading)) {
      for (const record of batch) {
        const id = record.headers.findLast(([name]) => name === CLAIM_HEADER)?.[1]
        const claim = id && Buffer.from(id).toString('latin1')
        if (claim && ids.has(claim)) sent.set(claim, positionName(record))
      }
    }
    // Not all was read, so nothing is known.
    if (signal.aborted) return { resolved: [], unsent: [], skipped: [] }
  }
  const isSkipped = new Set(skipped.map(({ letter }) => letter.id))
  const found = interrupted.filter(({ claim }) => sent.has(claim.id))
  const changed = await box.change(
    found.map(({ letter, claim }) => ({
      letter,
      to: { status: 'resolved', by: letter.resolution?.by ?? '', notes: `${RETRIED_NOTES}${sent.get(claim.id)}` },
    })),
  )
  return {
    resolved: [...changed.values()],
    unsent: interrupted
      .filter(({ letter, claim }) => !sent.has(claim.id) && !isSkipped.has(letter.id))
      .map(({ letter }) => letter),
    skipped,
  }
}
