import { eventTypeColor } from '../records/text/event-type-color.ts'

const tones = { red: 'bad', yellow: 'warn', cyan: 'event' } as const

/** Returns the class of an event type, by its color in `crbus tail`. */
export const toneOfType = (eventType: string): 'bad' | 'warn' | 'event' => tones[eventTypeColor(eventType)]
