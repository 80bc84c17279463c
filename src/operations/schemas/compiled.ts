import { createHash } from 'node:crypto'
import { compileDecoder, type Decoder } from '../../schema/bincode/compile-decoder.ts'
import { compileEncoder, type Encoded, type Encoder } from '../../schema/bincode/compile-encoder.ts'
import { checkVariant } from '../../schema/bincode/variants.ts'
import type { Schema } from '../../schema/model.ts'
import { writeSchemaFile } from '../../schema/schema-file.ts'

/** A schema, compiled when it is first needed. */
export class CompiledSchema {
  readonly schema: Schema
  #decoder: Decoder | undefined
  #encoder: Encoder | undefined
  #id: string | undefined
  readonly #exact = new Map<string, boolean>()
  /** By event type, then variant: a topic has few of either, and a million records. */
  readonly #warnings = new Map<string, Map<string, string | undefined>>()

  constructor(schema: Schema) {
    this.schema = schema
  }

  get decoder(): Decoder {
    this.#decoder ??= compileDecoder(this.schema)
    return this.#decoder
  }

  get encoder(): Encoder {
    this.#encoder ??= compileEncoder(this.schema)
    return this.#encoder
  }

  /** The topic and a hash of the types: which schema a decoded value can be written by again. */
  get id(): string {
    this.#id ??= `${this.schema.topic}#${hashOf(this.schema)}`
    return this.#id
  }

  /**
   * Whether the JSON text of a variant is its bytes again, to the byte. JavaScript sorts keys that look like array
   * indexes when it reads JSON, so a map may come back in another order.
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

  /** What is wrong with bytes of this variant under this event type; see {@link checkVariant}. */
  warningOf(eventType: string, variant: string | undefined): string | undefined {
    if (variant === undefined) return undefined
    let ofType = this.#warnings.get(eventType)
    if (ofType === undefined) {
      ofType = new Map()
      // Types that are made up as they go, with a value inside, would fill it.
      if (this.#warnings.size < 1000) this.#warnings.set(eventType, ofType)
    }
    if (!ofType.has(variant)) ofType.set(variant, checkVariant(this.schema, eventType, variant))
    return ofType.get(variant)
  }
}

const hashOf = (schema: Schema): string =>
  createHash('sha256')
    .update(writeSchemaFile({ ...schema, answers: undefined }))
    .digest('hex')
    .slice(0, 12)

/** Whether a map is anywhere in a variant of the root; of the whole where there are no variants to tell apart. */
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

/** The schemas of a project, and which of them a payload is written by. */
export class SchemaSet {
  readonly #byTopic: ReadonlyMap<string, CompiledSchema>
  readonly #all: readonly CompiledSchema[]

  constructor(schemas: readonly Schema[]) {
    this.#all = schemas.map((schema) => new CompiledSchema(schema))
    this.#byTopic = new Map(this.#all.map((compiled) => [compiled.schema.topic, compiled]))
  }

  /** The topic's own schema, else, for a copy of a topic, the only one that knows the event type. */
  find(topic: string, eventType: string): CompiledSchema | undefined {
    const own = this.#byTopic.get(topic)
    if (own !== undefined) return own
    const knowing = this.#all.filter(({ schema }) => schema.events.has(eventType))
    return knowing.length === 1 ? knowing[0] : undefined
  }

  /** The schema by its {@link CompiledSchema.id}. */
  named(id: string): CompiledSchema | undefined {
    return this.#all.find((compiled) => compiled.id === id)
  }

  /** The schema of a topic, whatever is on it. */
  ofTopic(topic: string): CompiledSchema | undefined {
    return this.#byTopic.get(topic)
  }

  /** The bytes of an event's data; `undefined` when no schema knows its type. */
  encode(topic: string, eventType: string, data: unknown): Encoded | undefined {
    return this.find(topic, eventType)?.encoder.encode(data, eventType)
  }

  /** Whether a schema says how this event type is written. */
  knows(topic: string, eventType: string): boolean {
    return this.find(topic, eventType)?.schema.events.has(eventType) ?? false
  }
}
