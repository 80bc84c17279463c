import type { GroupLag } from '../../../operations/lag/report.ts'

/** A group without members whose first waiting event is older than this has been given up, rather than stopped. */
const MIN_ABANDONED_MS = 7 * 86_400_000

/**
 * Whether a group is asleep, so that it needs no attention: it has no members, and nothing waits, or its events have been waiting
 * for a week. A group with a problem of another kind is not asleep.
 */
export function isAsleep({ memberCount, lag = 0n, age = 0, verdict = 'ok' }: GroupLag): boolean {
  if (memberCount > 0) return false
  return lag === 0n ? verdict === 'ok' : verdict === 'stopped' && age >= MIN_ABANDONED_MS
}
