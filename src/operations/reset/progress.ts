import type { TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { Hint } from '../../bus/hints.ts'
import { partitionName } from '../../bus/names/names.ts'

/** What a reset had done when it failed. The `outcome` of the error of {@link applyReset}. */
export interface PartialReset {
  readonly undoFile: string
  /** Number of offsets that have moved; `null` when they could not be read back. */
  readonly moved: number | null
  /** Partitions whose offset has not moved; `null` when they could not be read back. */
  readonly notTaken: readonly FailedStep[] | null
}

/** A partition on which `committed` was read back instead of `to`. */
export interface FailedStep extends TopicPartition {
  readonly to: bigint | null
  readonly committed: bigint | null
}

/** Says how many of `total` offsets have moved, and names some that have not. */
export function progressText(failed: readonly FailedStep[], total: number): string {
  if (failed.length === 0) return 'reading back shows that every offset has moved'
  const differences = failed.map(({ to, committed, ...step }) => {
    const wanted = to === committed ? 'without the requested metadata or leader epoch' : `instead of ${to ?? 'none'}`
    return `${partitionName(step)} is at ${committed ?? 'none'} ${wanted}`
  })
  const moved =
    failed.length === total ? 'no offset has moved' : `${total - failed.length} of ${total} offsets have moved`
  return `reading back shows that ${moved}: ${listedSome(differences)}`
}

/** Adds to an error how far a change has come: `progress` to the message, `hints` and `outcome` to the details. */
export function partialFailure(
  error: unknown,
  progress: string,
  { hints, outcome }: { readonly hints: readonly Hint[]; readonly outcome: object },
): EventBusError {
  const failure = error instanceof EventBusError ? error : new EventBusError('TRANSPORT_ERROR', String(error))
  return new EventBusError(failure.code, `${failure.message}; ${progress}`, {
    topic: failure.topic,
    group: failure.group,
    cause: error,
    hints: [...failure.hints, ...hints],
    outcome: { ...failure.outcome, ...outcome },
  })
}

/** Maximum number of items that an error message lists. It then says how many more there are. */
const MAX_LISTED = 5

/** Lists the first items, separated by commas, and the number of the others. */
export const listedSome = (items: readonly string[]): string =>
  [...items.slice(0, MAX_LISTED), ...(items.length > MAX_LISTED ? [`${items.length - MAX_LISTED} more`] : [])].join(
    ', ',
  )
