import { compileDecoder, type Decoder } from '../schema/bincode/compile-decoder.ts'
import { compileEncoder, type Encoded, type Encoder } from '../schema/bincode/compile-encoder.ts'
import { checkVariant } from '../schema/bincode/variants.ts'
import type { Schema } from '../schema/model.ts'

/** A schema, compiled when it is first needed. */
export class CompiledSchema {
  readonly schema: Schema
  #decoder: Decoder | undefined
  #encoder: Encoder | undefined
  #isExactAsJson: boolean | undefined
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

  /**
   * Whether a value's JSON text is the bytes again, to the byte. JavaScript sorts keys that look like array indexes when
   * it reads JSON, so a map may come back in another order.
   */
  get isExactAsJson(): boolean {
    this.#isExactAsJson ??= !holdsMap(this.schema)
    return this.#isExactAsJson
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

const holdsMap = ({ types }: Schema): boolean => JSON.stringify([...types.values()]).includes('"kind":"map"')

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

  /** The bytes of an event's data; `undefined` when no schema knows its type. */
  encode(topic: string, eventType: string, data: unknown): Encoded | undefined {
    return this.find(topic, eventType)?.encoder.encode(data, eventType)
  }

  /** Whether a schema says how this event type is written. */
  knows(topic: string, eventType: string): boolean {
    return this.find(topic, eventType)?.schema.events.has(eventType) ?? false
  }
}
