import type { ExpectedDeletion } from '../../operations/topics/expected-deletions.ts'
import { formatBytes } from '../text/format-bytes.ts'
import { formatDuration } from '../text/format-duration.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'

/** Returns the sentence about events that a change of settings deletes, without a full stop. */
function deletionText({ cause, limit, eventCount, byteCount }: ExpectedDeletion): string {
  switch (cause) {
    case 'retention-time': {
      if (eventCount === null) return 'the default of retention.ms is not known, so it may delete events'
      const bytes = byteCount === null ? '' : ` (about ${formatBytes(Number(byteCount))})`
      return `up to ${plural(eventCount, 'event')}${bytes} older than ${formatDuration(Number(limit))} will be deleted`
    }
    case 'retention-size': {
      const what = `events beyond ${limit === undefined ? 'the default size' : formatBytes(Number(limit))} of a partition`
      if (eventCount === null) return `the oldest ${what} will be deleted; their number is not known`
      const bytes = byteCount === null ? '' : ` (up to ${formatBytes(Number(byteCount))})`
      return `about ${plural(eventCount, 'event')}${bytes} will be deleted: the oldest ${what}`
    }
    case 'compaction': {
      const bytes = byteCount === null ? '' : ` (${formatBytes(Number(byteCount))})`
      return `compaction keeps only the newest event of each key and deletes up to ${plural(eventCount ?? 0n, 'event')}${bytes}; by default the key is the event type, so one event of each type would remain`
    }
  }
}

/** Formats the line of a plan about events that it deletes. */
export const formatDeletion = (deletion: ExpectedDeletion): string =>
  `warning: ${printable(deletion.topic)}: ${deletionText(deletion)}\n`

/** Returns the question about all deletions of a plan. `undefined` if there are none. */
export function deletionQuestion(deletions: readonly ExpectedDeletion[]): string | undefined {
  if (deletions.length === 0) return undefined
  const known = deletions.map(({ eventCount }) => eventCount).filter((count) => count !== null)
  const sum = known.reduce((total, count) => total + count, 0n)
  const isKnown = known.length === deletions.length
  return `Delete ${isKnown ? `up to ${plural(sum, 'event')}` : 'events, whose number is not known'}?`
}

/** Returns a deletion as in `--json`, with its sentence as `message`. */
export const deletionDocument = (deletion: ExpectedDeletion) => ({ ...deletion, message: deletionText(deletion) })
