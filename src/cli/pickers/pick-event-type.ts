import type { EventBus } from '../../bus/event-bus.ts'
import { knownEventTypes } from '../../operations/publish/example-event.ts'
import type { SchemaSet } from '../../operations/schemas/compiled.ts'
import type { Asker } from '../process/ask.ts'
import { nameChoices } from './choices.ts'

/** The choice of an event type that is not listed. No event type has this name. */
const OTHER = ' '

/** Lets the user choose an event type of these topics, or type another one. */
export async function pickEventType(
  asker: Asker,
  bus: EventBus,
  { topics, schemas }: { readonly topics: readonly string[]; readonly schemas: SchemaSet | undefined },
): Promise<string> {
  const known = await knownEventTypes(bus, topics, schemas)
  const other = { value: OTHER, label: 'another event type' }
  const picked = known.length === 0 ? OTHER : await asker.fromList('Which event type?', [...nameChoices(known), other])
  if (picked !== OTHER) return picked
  return asker.text('Which event type, such as OrderPlaced.v1?', (text) =>
    text.trim() === '' ? 'type the event type' : undefined,
  )
}
