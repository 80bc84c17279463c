import { randomInt } from 'node:crypto'
import type { Faker } from '@faker-js/faker'
import { type EventMetadata, versionOf } from '../../bus/event.ts'
import { compileDecoder } from '../../schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../schema/bincode/compile-encoder.ts'
import type { Schema } from '../../schema/model.ts'
import { sampler } from '../../schema/sample/sample-value.ts'
import { findVariantPath, leafPaths } from '../../schema/show/select-types.ts'

/** A random event in the form in which a service publishes it. */
export interface SampleEvent {
  readonly eventType: string
  readonly eventVersion: number
  readonly metadata: EventMetadata
  /** The payload, in bincode. */
  readonly data: Uint8Array
  /** The decoded payload. */
  readonly json: string
}

export interface SampleRequest {
  /** An event type or a variant. Absent: all event types of the schema in turn. */
  readonly eventType?: string | undefined
  /** Default: one of each event type. */
  readonly count?: number | undefined
  /** The same seed gives the same events, with timestamps at the same distance from `now`. */
  readonly seed?: number | undefined
  readonly now: number
}

/** The sentences are in src/ui/notes/sample-warnings.ts. */
export type SampleWarning =
  /** The schema has no event types, so each variant `Name` is used as the event type `Name.v1`. */
  | { readonly code: 'variants-as-types' }
  /** The event type has no samples, because its values cannot be made. */
  | { readonly code: 'no-samples'; readonly eventType: string; readonly reason: string }

export type Samples =
  | {
      readonly ok: true
      readonly warnings: readonly SampleWarning[]
      readonly events: Iterable<SampleEvent>
    }
  | { readonly ok: false; readonly reason: string }

interface EventToMake {
  readonly eventType: string
  /** The path of variants. `undefined` when the payload is not an enum. */
  readonly path: string | undefined
}

/** Milliseconds between two events; less when the events would otherwise span more than {@link MAX_SPAN_MS}. */
const GAP_MS = 1000
const MAX_SPAN_MS = 3_600_000

/** Makes random events of a schema: valid bytes, with plausible values chosen by field names. */
export async function sampleEvents(schema: Schema, request: SampleRequest): Promise<Samples> {
  const wanted = eventsToMake(schema, request.eventType)
  if (!wanted.ok) return wanted
  const faker = await newFaker(request.seed ?? randomInt(2 ** 31))
  const make = maker(schema, faker)
  const failures: Extract<SampleWarning, { readonly code: 'no-samples' }>[] = []
  const events = wanted.events.filter((event) => {
    const made = make(event, request.now)
    if (!made.ok) failures.push({ code: 'no-samples', eventType: event.eventType, reason: made.reason })
    return made.ok
  })
  if (events.length === 0) {
    return { ok: false, reason: failures.map(({ eventType, reason }) => `${eventType}: ${reason}`).join('\n') }
  }
  const guessed = wanted.isGuess ? [{ code: 'variants-as-types' } as const] : []
  const warnings = [...guessed, ...failures]
  const count = request.count ?? events.length
  return { ok: true, warnings, events: generate({ ...request, events, count, faker, make }) }
}

/** Loads faker on first use, because it has 420 kB of names and words. Creates an instance, since others may seed the shared one. */
async function newFaker(seed: number): Promise<Faker> {
  const { faker } = await import('@faker-js/faker/locale/en')
  return new (faker.constructor as typeof Faker)({ locale: faker.rawDefinitions, seed })
}

type EventsToMake =
  | { readonly ok: true; readonly events: readonly EventToMake[]; readonly isGuess: boolean }
  | { readonly ok: false; readonly reason: string }

function eventsToMake(schema: Schema, name: string | undefined): EventsToMake {
  const known = (path: string) => [...schema.events].find(([, other]) => other === path)?.[0]
  const typeOf = (path: string) => known(path) ?? `${path.slice(path.lastIndexOf('.') + 1)}.v1`
  if (name === undefined) {
    const mapped = [...schema.events].map(([eventType, path]) => ({ eventType, path }))
    if (mapped.length > 0) return { ok: true, events: mapped, isGuess: false }
    const events = leafPaths(schema).map((path) => ({ eventType: typeOf(path), path }))
    if (events.length > 0) return { ok: true, events, isGuess: true }
    return { ok: false, reason: `${schema.root} has no variants: name the event type` }
  }
  if (schema.types.get(schema.root)?.kind === 'struct' && leafPaths(schema).length === 0) {
    return { ok: true, events: [{ eventType: name, path: undefined }], isGuess: false }
  }
  const found = findVariantPath(schema, name)
  if (!found.ok) return found
  const paths = leafPaths(schema, found.path)
  // The payload of an event may contain an enum that is not an event: all its variants have this event type.
  if (schema.events.has(name) || paths[0] === found.path) {
    const eventType = schema.events.has(name) || /\.v\d+$/.test(name) ? name : typeOf(found.path)
    return { ok: true, events: paths.map((path) => ({ eventType, path })), isGuess: false }
  }
  return { ok: true, events: paths.map((path) => ({ eventType: typeOf(path), path })), isGuess: false }
}

type Make = (
  event: EventToMake,
  at: number,
) =>
  | { readonly ok: true; readonly data: Uint8Array; readonly json: string }
  | { readonly ok: false; readonly reason: string }

function maker(schema: Schema, faker: Faker): Make {
  const { sample } = sampler(schema)
  const { encode } = compileEncoder(schema)
  const { decodeToJson } = compileDecoder(schema)
  return ({ path }, at) => {
    const sampled = sample({ faker, at, ...(path === undefined ? {} : { path }) })
    if (!sampled.ok) return sampled
    const encoded = encode(sampled.value)
    if (!encoded.ok) return { ok: false, reason: `${encoded.path}: ${encoded.reason}` }
    const decoded = decodeToJson(encoded.bytes)
    return decoded.ok ? { ok: true, data: encoded.bytes, json: decoded.json } : decoded
  }
}

interface Generation {
  readonly events: readonly EventToMake[]
  readonly count: number
  readonly now: number
  readonly faker: Faker
  readonly make: Make
}

function* generate({ events, count, now, faker, make }: Generation): Generator<SampleEvent> {
  const gap = Math.min(GAP_MS, MAX_SPAN_MS / count)
  let correlationId = ''
  for (let index = 0; index < count; index += 1) {
    const turn = index % events.length
    // One event of each type forms one conversation.
    if (turn === 0) correlationId = faker.string.uuid()
    const event = events[turn] as EventToMake
    const at = Math.floor(now - (count - index) * gap + faker.number.float(gap))
    const made = make(event, at)
    if (!made.ok) continue
    const { eventType } = event
    const metadata = { correlationId, timestamp: new Date(at).toISOString() }
    yield { eventType, eventVersion: versionOf(eventType), metadata, data: made.data, json: made.json }
  }
}
