import type { DecodedEnvelope } from '../../codecs/envelope.ts'

// Labels that stand for the event type in counts by event type.

/** Label of records without a value, which delete a key of a compacted topic. */
export const TOMBSTONE = '(tombstone)'
/** Label of records whose envelope cannot be decoded. */
export const UNDECODABLE = '(undecodable)'
/** Label of offsets whose records cannot be read from the bus. */
export const UNREADABLE = '(unreadable)'

/** Returns the event type in an envelope, or the label for a record without one. `undefined` is the envelope of a tombstone. */
export function eventTypeLabel(envelope: DecodedEnvelope | undefined): string {
  if (envelope === undefined) return TOMBSTONE
  return envelope.ok ? envelope.event.eventType : UNDECODABLE
}
