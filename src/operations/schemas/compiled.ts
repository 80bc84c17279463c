import { createHash } from 'node:crypto'
import { compileDecoder, compileFieldDecoder, type Decoder } from '../../schema/bincode/compile-decoder.ts'
import { compileEncoder, type Encoded, type Encoder } from '../../schema/bincode/compile-encoder.ts'
import type { FieldSelection } from '../../schema/bincode/field-selection.ts'
import { checkVariant } from '../../schema/bincode/variants.ts'
import { importedWith, undecidedOptions } from '../../schema/cfg-answers.ts'
import type { Schema } from '../../schema/model.ts'
import { compileSerdeCodec, type SerdeCodec } from '../../schema/serde/serde-codec.ts'
import { needsNames } from '../../schema/serde/to-serde.ts'
import { writeSchemaFile } from '../../schema/write-schema-file.ts'

/** Maximum number of event types for which warnings are cached. */
const MAX_CACHED_TYPES = 1000

/** A schema with its decoder and encoder, which are compiled on first use. */
export class CompiledSchema {
  readonly schema: Schema
  #decoder: Decoder | undefined
  #encoder: Encoder | undefined
  #serde: SerdeCodec | undefined
  /** The results of {@link fieldDecoder}. An expression reads the same fields of all events. */
  readonly #fieldDecoders = new Map<FieldSelection, (bytes: Uint8Array) => unknown>()
  #id: string | undefined
  /** The results of {@link isExactAsJson} by variant. */
  readonly #exact = new Map<string, boolean>()
  /** The results of {@link warningOf} by event type and variant. A topic has few of them and millions of records. */
  readonly #warnings = new Map<string, Map<string, string | undefined>>()

  constructor(schema: Schema) {
    this.schema = schema
  }

  get decoder(): Decoder {
    this.#decoder ??= compileDecoder(this.schema)
    return this.#decoder
  }

  /** Reads and writes payloads in JSON, CBOR and MessagePack. */
  get serde(): SerdeCodec {
    this.#serde ??= compileSerdeCodec(this.schema)
    return this.#serde
  }

  /** Whether bincode cannot contain the payloads, because serde tags or flattens the root. */
  get needsNames(): boolean {
    return needsNames(this.schema)
  }

  /** Returns the decoder that decodes only the selected fields; see {@link compileFieldDecoder}. */
  fieldDecoder(selected: FieldSelection): (bytes: Uint8Array) => unknown {
    let decode = this.#fieldDecoders.get(selected)
    if (decode === undefined) {
      decode = compileFieldDecoder(this.schema, selected)
      this.#fieldDecoders.set(selected, decode)
    }
    return decode
  }

  get encoder(): Encoder {
    this.#encoder ??= compileEncoder(this.schema)
    return this.#encoder
  }

  /** The topic and a hash of the schema. Identifies the schema by which a decoded value can be encoded again. */
  get id(): string {
    this.#id ??= `${this.schema.topic}#${hashOf(this.schema)}`
    return this.#id
  }

  /**
   * Whether encoding the JSON text of a variant gives the bytes that it was decoded from. False for variants with maps, because
   * JavaScript moves keys that look like array indexes to the front when it parses JSON.
   */
  isExactAsJson(variant: string | undefined): boolean {
    const key = variant ?? ''
    let isExact = this.#exact.get(key)
    if (isExact === undefined) {
      isExact = !reachesMap(this.schema, variant)
      this.#exact.set(key, isExact)
    }
    return isExact
  }

  /** Returns why the bytes of an event may not fit the schema; `undefined` if nothing is known about that. */
  causeOfFailure(eventType: string, variant: string | undefined): string | undefined {
    return this.warningOf(eventType, variant) ?? importedWith(this.schema)
  }

  /** Whether the schema cannot encode events because of an answer that is neither on nor off. */
  get isUndecided(): boolean {
    return undecidedOptions(this.schema.answers).length > 0
  }

  /** Returns a warning if the variant in the bytes is not the variant of the event type; see {@link checkVariant}. */
  warningOf(eventType: string, variant: string | undefined): string | undefined {
    if (variant === undefined) return undefined
    let ofType = this.#warnings.get(eventType)
    if (ofType === undefined) {
      ofType = new Map()
      // Limit the cache, because some services put values into event types.
      if (this.#warnings.size < MAX_CACHED_TYPES) this.#warnings.set(eventType, ofType)
    }
    if (!ofType.has(variant)) ofType.set(variant, checkVariant(this.schema, eventType, variant))
    return ofType.get(variant)
  }
}

/** Hashes a schema without the answers of its import, which do not affect the bytes. */
const hashOf = (schema: Schema): string =>
  createHash('sha256')
    .update(writeSchemaFile({ ...schema, answers: undefined }))
    .digest('hex')
    .slice(0, 12)

/** Whether a variant of the root type, or the root type if it is not an enum, contains a map at any depth. */
function reachesMap({ root, types }: Schema, variant: string | undefined): boolean {
  const type = types.get(root)
  const [first] = variant?.split('.') ?? []
  const own = type?.kind === 'enum' ? type.variants.find(({ name }) => name === first) : undefined
  const seen = new Set<string>()
  const reaches = (part: unknown): boolean => {
    if (part === null || typeof part !== 'object') return false
    if (Array.isArray(part)) return part.some(reaches)
    const { kind, name } = part as { readonly kind?: string; readonly name?: string }
    if (kind === 'map') return true
    if (kind === 'named' && name !== undefined) {
      if (seen.has(name)) return false
      seen.add(name)
      return reaches(types.get(name))
    }
    return Object.values(part).some(reaches)
  }
  return reaches(own ?? type)
}

/** The schemas of a project, by topic and event type. */
export class SchemaSet {
  readonly #byTopic: ReadonlyMap<string, CompiledSchema>
  readonly #all: readonly CompiledSchema[]

  constructor(schemas: readonly Schema[]) {
    this.#all = schemas.map((schema) => new CompiledSchema(schema))
    this.#byTopic = new Map(this.#all.map((compiled) => [compiled.schema.topic, compiled]))
  }

  /**
   * Returns the schema of the topic. If there is none (for a copy of a topic), the only schema with the event type, if one only
   * has it.
   */
  find(topic: string, eventType: string): CompiledSchema | undefined {
    const own = this.#byTopic.get(topic)
    if (own !== undefined) return own
    const matching = this.#all.filter(({ schema }) => schema.events.has(eventType))
    return matching.length === 1 ? matching[0] : undefined
  }

  /** Returns a schema by its {@link CompiledSchema.id}. */
  withId(id: string): CompiledSchema | undefined {
    return this.#all.find((compiled) => compiled.id === id)
  }

  /** Returns the schema of a topic, for any event type. */
  ofTopic(topic: string): CompiledSchema | undefined {
    return this.#byTopic.get(topic)
  }

  /** Returns the schema that encodes an event with a codec that contains names; `undefined` if no schema has the event type. */
  knowing(topic: string, eventType: string): CompiledSchema | undefined {
    const found = this.find(topic, eventType)
    return found?.schema.events.has(eventType) ? found : undefined
  }

  /** The event types of all schemas. */
  get eventTypes(): readonly string[] {
    return [...new Set(this.#all.flatMap(({ schema }) => [...schema.events.keys()]))]
  }

  /** The event types of each schema, by its topic. */
  get typesByTopic(): ReadonlyMap<string, ReadonlySet<string>> {
    return new Map([...this.#byTopic].map(([topic, { schema }]) => [topic, new Set(schema.events.keys())]))
  }

  /** Encodes the data of an event; `undefined` if no schema has the event type. */
  encode(topic: string, eventType: string, data: unknown): Encoded | undefined {
    return this.find(topic, eventType)?.encoder.encode(data, eventType)
  }

  /** Whether the schema of the topic, or the one that {@link find} returns instead, has the event type. */
  knows(topic: string, eventType: string): boolean {
    return this.find(topic, eventType)?.schema.events.has(eventType) ?? false
  }
}
