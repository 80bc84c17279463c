import type { EventView } from '../../operations/events/event-view.ts'

/** Returns the event type; `undefined` for a record without an event. */
export const eventTypeOf = ({ envelope }: EventView): string | undefined =>
  envelope?.ok ? envelope.event.eventType : undefined
