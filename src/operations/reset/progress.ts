import type { TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { Hint } from '../../bus/hints.ts'
import { partitionName } from '../../bus/names/names.ts'

/** What a reset had done when it failed: the `outcome` of its error. */
export interface PartialReset {
  readonly undoFile: string
  /** Number of offsets that have moved; `null` when they could not be read back. */
  readonly moved: number | null
  /** Partitions whose offset has not moved; `null` when they could not be read back. */
  readonly notTaken: readonly FailedStep[] | null
}

/** A partition whose offset should be `to` and is `committed`. */
export interface FailedStep extends TopicPartition {
  readonly to: bigint | null
  readonly committed: bigint | null
}

/** Says how many of `total` offsets have moved, and names some that have not. */
export function progressText(failed: readonly FailedStep[], total: number): string {
  if (failed.length === 0) return 'read back, every offset has moved all the same'
  const differences = failed.map(({ to, committed, ...step }) => {
    const wanted = to === committed ? 'without the requested metadata or leader epoch' : `instead of ${to ?? 'none'}`
    return `${partitionName(step)} is at ${committed ?? 'none'} ${wanted}`
  })
  const moved =
    failed.length === total ? 'no offset has moved' : `${total - failed.length} of ${total} offsets have moved`
  return `read back, ${moved}: ${listedSome(differences)}`
}

/** Returns the error of a change that was partly applied: the error that ended it, its progress and its outcome. */
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

/** Items that an error message lists before it says how many more there are. */
const MAX_LISTED = 5

export const listedSome = (items: readonly string[]): string =>
  [...items.slice(0, MAX_LISTED), ...(items.length > MAX_LISTED ? [`${items.length - MAX_LISTED} more`] : [])].join(
    ', ',
  )
