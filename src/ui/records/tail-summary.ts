import type { WhereStats } from '../../operations/events/event-filter.ts'

/** The notices at the end of `crbus tail`: how many events were shown, and what the expression of --where could not check. */
export function tailSummary(events: number, undecodable: number, stats: Readonly<WhereStats>): readonly string[] {
  const { errors, firstError, missingField, firstMissing, evaluated } = stats
  const shown = `${counted(events)}${undecodable === 0 ? '' : `, ${undecodable} of them undecodable`}`
  const failed = errors === 0 ? [] : [`--where failed for ${counted(errors)}: ${firstError}`]
  // A field that some events lack is normal. A field that all of them lack is probably mistyped.
  const missing =
    missingField === 0 || evaluated > 0
      ? []
      : [`no event has the field that --where refers to (${missingField} checked): ${firstMissing}`]
  return [shown, ...failed, ...missing]
}

const counted = (events: number): string => `${events} event${events === 1 ? '' : 's'}`
