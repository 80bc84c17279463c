import { randomInt } from 'node:crypto'
import type { Faker } from '@faker-js/faker'
import { withLines } from '../../bus/errors.ts'
import { type EventMetadata, versionOf } from '../../bus/event.ts'
import { valueJson } from '../../codecs/json.ts'
import { compileDecoder } from '../../schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../schema/bincode/compile-encoder.ts'
import type { Schema } from '../../schema/model.ts'
import { sampler } from '../../schema/sample/sample-value.ts'
import { compileSerdeCodec } from '../../schema/serde/serde-codec.ts'
import { needsNames, serdeConverter, withoutSerde } from '../../schema/serde/to-serde.ts'
import { findVariantPath, leafPaths } from '../../schema/show/select-types.ts'

import type { NamedCodec } from './named-payload.ts'

/** A random event in the form in which a service publishes it. */
export interface SampleEvent {
  readonly eventType: string
  readonly eventVersion: number
  readonly metadata: EventMetadata
  readonly codec: 'bincode' | NamedCodec
  /** The payload in this codec. */
  readonly data: Uint8Array
  /** The decoded payload as JSON text. */
  readonly json: string
}

export interface SampleRequest {
  /** An event type or the name or path of a variant. Absent: all event types of the schema, one after the other. */
  readonly name?: string | undefined
  /** Default: one of each event type. */
  readonly count?: number | undefined
  /** The same seed gives the same events, with timestamps at the same distance from `now`. Default: random. */
  readonly seed?: number | undefined
  /** The codec of the payloads. Default: bincode, or JSON if bincode cannot contain them. */
  readonly codec?: 'bincode' | NamedCodec | undefined
  /** Milliseconds since 1970. The events are dated before this time. */
  readonly now: number
}

/** What the samples do not show. src/ui/notes/sample-warnings.ts has the sentence for each code. */
export type SampleWarning =
  /** The schema has no event types, so each variant gets the event type `VARIANT.v1`. */
  | { readonly code: 'variants-as-types' }
  /** There are no samples of the event type, because its values cannot be created. */
  | { readonly code: 'no-samples'; readonly eventType: string; readonly reason: string }

export type Samples =
  | {
      readonly ok: true
      readonly warnings: readonly SampleWarning[]
      readonly events: Iterable<SampleEvent>
    }
  | { readonly ok: false; readonly reason: string }

/** An event type and variant to create samples of. */
interface EventKind {
  readonly eventType: string
  /** The dotted path of nested enum variants, such as `Order.Created`; `undefined` if the payload is not an enum. */
  readonly path: string | undefined
}

/** Average time between two events; less if the events would otherwise span more than {@link MAX_SPAN_MS}. */
const INTERVAL_MS = 1000
const MAX_SPAN_MS = 3_600_000

/** Creates random events of a schema. The bytes are valid, and the values are plausible for the names of the fields. */
export async function sampleEvents(schema: Schema, request: SampleRequest): Promise<Samples> {
  const codec = request.codec ?? (needsNames(schema) ? 'json' : 'bincode')
  const wanted = kindsToCreate(codec === 'bincode' ? schema : withoutSerde(schema), request.name)
  if (!wanted.ok) return wanted
  const faker = await newFaker(request.seed ?? randomInt(2 ** 31))
  const create = codec === 'bincode' ? eventCreator(schema, faker) : namedCreator(schema, codec, faker)
  const failures: Extract<SampleWarning, { readonly code: 'no-samples' }>[] = []
  // Create one event of each kind to find the kinds that always fail.
  const kinds = wanted.kinds.filter((kind) => {
    const created = create(kind, request.now)
    if (!created.ok) failures.push({ code: 'no-samples', eventType: kind.eventType, reason: created.reason })
    return created.ok
  })
  if (kinds.length === 0) {
    const reasons = failures.map(({ eventType, reason }) => `${eventType}: ${reason}`)
    return { ok: false, reason: withLines('no event of this schema can be created', reasons) }
  }
  const guessed = wanted.isGuess ? [{ code: 'variants-as-types' } as const] : []
  const warnings = [...guessed, ...failures]
  const count = request.count ?? kinds.length
  return { ok: true, warnings, events: generate({ now: request.now, kinds, count, codec, faker, create }) }
}

/**
 * Loads faker on first use, because it contains 420 kB of names and words. Creates a new instance, because other code in the
 * process may seed the shared instance.
 */
async function newFaker(seed: number): Promise<Faker> {
  const { faker } = await import('@faker-js/faker/locale/en')
  return new (faker.constructor as typeof Faker)({ locale: faker.rawDefinitions, seed })
}

/** `isGuess`: the event types are not in the schema, but derived from its variants. */
type KindsToCreate =
  | { readonly ok: true; readonly kinds: readonly EventKind[]; readonly isGuess: boolean }
  | { readonly ok: false; readonly reason: string }

/** Lists the kinds of events that a name stands for; without a name, all kinds of the schema. */
function kindsToCreate(schema: Schema, name: string | undefined): KindsToCreate {
  const knownType = (path: string) => [...schema.events].find(([, other]) => other === path)?.[0]
  const typeOf = (path: string) => knownType(path) ?? `${path.slice(path.lastIndexOf('.') + 1)}.v1`
  if (name === undefined) {
    const mapped = [...schema.events].map(([eventType, path]) => ({ eventType, path }))
    if (mapped.length > 0) return { ok: true, kinds: mapped, isGuess: false }
    const kinds = leafPaths(schema).map((path) => ({ eventType: typeOf(path), path }))
    if (kinds.length > 0) return { ok: true, kinds, isGuess: true }
    return { ok: false, reason: `${schema.root} has no variants: name the event type` }
  }
  if (schema.types.get(schema.root)?.kind === 'struct' && leafPaths(schema).length === 0) {
    return { ok: true, kinds: [{ eventType: name, path: undefined }], isGuess: false }
  }
  const found = findVariantPath(schema, name)
  if (!found.ok) return found
  const paths = leafPaths(schema, found.path)
  const isLeaf = paths[0] === found.path
  // An event type may map to a variant whose payload is itself an enum. The inner variants are not separate events, so all of
  // them get the event type of the outer variant.
  if (schema.events.has(name) || isLeaf) {
    const eventType = schema.events.has(name) || /\.v\d+$/.test(name) ? name : typeOf(found.path)
    return { ok: true, kinds: paths.map((path) => ({ eventType, path })), isGuess: false }
  }
  return { ok: true, kinds: paths.map((path) => ({ eventType: typeOf(path), path })), isGuess: false }
}

/** Creates the payload of an event of some kind, with dates near the time `at`. */
type CreateEvent = (
  kind: EventKind,
  at: number,
) =>
  | { readonly ok: true; readonly data: Uint8Array; readonly json: string }
  | { readonly ok: false; readonly reason: string }

function eventCreator(schema: Schema, faker: Faker): CreateEvent {
  const { sample } = sampler(schema)
  const { encode } = compileEncoder(schema)
  const { decodeToJson } = compileDecoder(schema)
  return ({ path }, at) => {
    const sampled = sample({ faker, at, ...(path === undefined ? {} : { path }) })
    if (!sampled.ok) return sampled
    const encoded = encode(sampled.value)
    if (!encoded.ok)
      return { ok: false, reason: encoded.path === '' ? encoded.reason : `${encoded.path}: ${encoded.reason}` }
    const decoded = decodeToJson(encoded.bytes)
    return decoded.ok ? { ok: true, data: encoded.bytes, json: decoded.json } : decoded
  }
}

/** Creates payloads in a codec with names. */
function namedCreator(schema: Schema, codec: NamedCodec, faker: Faker): CreateEvent {
  const { sample } = sampler(withoutSerde(schema))
  const convert = serdeConverter(schema)
  const { encode, decode } = compileSerdeCodec(schema)
  return ({ path }, at) => {
    const sampled = sample({ faker, at, ...(path === undefined ? {} : { path }) })
    if (!sampled.ok) return sampled
    const encoded = encode(convert(sampled.value), codec)
    const decoded = encoded.ok ? decode(encoded.bytes, codec) : encoded
    if (!encoded.ok || !decoded.ok) {
      const { path: part, reason } = decoded as Extract<typeof decoded, { ok: false }>
      return { ok: false, reason: part === '' ? reason : `${part}: ${reason}` }
    }
    return { ok: true, data: encoded.bytes, json: valueJson(decoded.value) }
  }
}

interface Generation {
  readonly kinds: readonly EventKind[]
  readonly count: number
  readonly now: number
  readonly codec: SampleEvent['codec']
  readonly faker: Faker
  readonly create: CreateEvent
}

/** Yields `count` events, of each kind in turn, in the order of their timestamps. */
function* generate({ kinds, count, now, codec, faker, create }: Generation): Generator<SampleEvent> {
  const interval = Math.min(INTERVAL_MS, MAX_SPAN_MS / count)
  let correlationId = ''
  for (let index = 0; index < count; index += 1) {
    const turn = index % kinds.length
    // One event of each kind forms a conversation, whose events have the same correlation id.
    if (turn === 0) correlationId = faker.string.uuid()
    const kind = kinds[turn] as EventKind
    const at = Math.floor(now - (count - index) * interval + faker.number.float(interval))
    const created = create(kind, at)
    // A kind that could be created once may still fail with other random values. Leave such an event out.
    if (!created.ok) continue
    const { eventType } = kind
    const metadata = { correlationId, timestamp: new Date(at).toISOString() }
    yield { eventType, eventVersion: versionOf(eventType), metadata, codec, data: created.data, json: created.json }
  }
}
