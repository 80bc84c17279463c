import type { DecodedEnvelope } from '../../codecs/envelope.ts'

/** Labels of records without an event type, in counts by event type. */
export const TOMBSTONE = '(tombstone)'
export const UNDECODABLE = '(undecodable)'
export const UNREADABLE = '(unreadable)'

/** Returns the event type of a record in counts, or the label of records without one. A tombstone has no envelope. */
export function eventTypeLabel(envelope: DecodedEnvelope | undefined): string {
  if (envelope === undefined) return TOMBSTONE
  return envelope.ok ? envelope.event.eventType : UNDECODABLE
}
