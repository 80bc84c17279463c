import type { EventBus } from '../../bus/event-bus.ts'
import { valueJson } from '../../codecs/json.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import { type SeenEvent, seenEvents } from '../topics/seen-events.ts'

/** The data of an event, as fields of JSON. */
export type ExampleData = Readonly<Record<string, unknown>>

/**
 * The event types that topics may have: those of their schemas, and those of their newest events. If the topics have none, those of all
 * schemas.
 */
export async function knownEventTypes(
  bus: EventBus,
  topics: readonly string[],
  schemas: SchemaSet | undefined,
): Promise<readonly string[]> {
  const types = new Set<string>()
  for (const topic of topics) {
    for (const type of schemas?.ofTopic(topic)?.schema.events.keys() ?? []) types.add(type)
    for (const { eventType } of await seenOn(bus, topic)) types.add(eventType)
  }
  return [...(types.size === 0 ? (schemas?.eventTypes ?? []) : types)]
}

/**
 * Returns data that an event of a type may have: that of the newest event on the topic, else a sample by the schema. `undefined` if
 * neither exists, or if the data is not an object.
 */
export async function exampleData(
  bus: EventBus,
  topic: string,
  {
    eventType,
    schemas,
    now,
  }: { readonly eventType: string; readonly schemas: SchemaSet | undefined; readonly now: number },
): Promise<ExampleData | undefined> {
  const seen = (await seenOn(bus, topic)).find((one) => one.eventType === eventType)
  if (seen !== undefined && seen.fields.size > 0) return JSON.parse(valueJson(Object.fromEntries(seen.fields)))
  const compiled = schemas?.find(topic, eventType)
  if (compiled === undefined) return undefined
  const { sampleEvents } = await import('../schemas/sample.ts')
  const samples = await sampleEvents(compiled.schema, { name: eventType, now })
  if (!samples.ok) return undefined
  const [sample] = samples.events
  const data: unknown = sample === undefined ? undefined : JSON.parse(sample.json)
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as ExampleData) : undefined
}

/** Returns the newest event of each type; none for a topic that does not exist yet. */
const seenOn = (bus: EventBus, topic: string): Promise<readonly SeenEvent[]> => seenEvents(bus, topic).catch(() => [])
