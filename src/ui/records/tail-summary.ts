import type { WhereStats } from '../../operations/events/event-filter.ts'
import { plural } from '../text/listed.ts'

/** Returns the notices at the end of `crbus tail`: how many events were shown, and what the expression of --where could not check. */
export function tailSummary(events: number, undecodable: number, stats: Readonly<WhereStats>): readonly string[] {
  const shown = `${plural(events, 'event')}${undecodable === 0 ? '' : `, ${undecodable} of them undecodable`}`
  return [shown, ...whereNotices(stats)]
}

/** Returns notices about the events that the expression of --where could not check. */
export function whereNotices(stats: Readonly<WhereStats>): readonly string[] {
  const { errors, firstError, missingField, firstMissing, evaluated } = stats
  const failed = errors === 0 ? [] : [`--where failed for ${plural(errors, 'event')}: ${firstError}`]
  // A field that some events lack is normal. A field that all of them lack is probably mistyped.
  const missing =
    missingField === 0 || evaluated > 0
      ? []
      : [`no event has the field that --where refers to (${missingField} checked): ${firstMissing}`]
  return [...failed, ...missing]
}
