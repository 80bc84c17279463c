import type { BusRecord } from '../../bus/record.ts'
import { decodeJson } from '../../codecs/json.ts'
import { asBuffer } from '../../codecs/text-cache.ts'
import type { DecodedKey, DecodedValue, ValueDecoder } from '../events/value-decoder.ts'
import { type Avsc, compileAvro } from './avro.ts'
import type { FetchedSchema, RegistrySchema } from './fetch-schema.ts'
import { compileProtobuf, type Protobufjs } from './protobuf.ts'

/** What a decoder needs of its surroundings. */
export interface RegistryAccess {
  readonly fetchSchema: (id: number) => Promise<FetchedSchema>
  /** Loads a package that decodes values. */
  readonly loadPackage: (name: 'avsc' | 'protobufjs') => Promise<unknown>
  /** Called once, when the registry fails to answer. */
  readonly onUnreachable: (reason: string) => void
  /** The clock of retries, in milliseconds. Default: the system's. */
  readonly now?: (() => number) | undefined
}

/** The first byte of a value with a schema id (https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/#wire-format). */
const MAGIC = 0
/** The first byte and the schema id, a big-endian integer of 32 bits. */
const HEADER_BYTES = 5
/** The most schemas that are fetched. Values of another format may begin like a schema id, each with another one. */
const MAX_SCHEMAS = 1000
/** How many schemas are fetched at once. */
const MAX_REQUESTS = 8
/** How long a registry that failed to answer is not asked again. */
const RETRY_MS = 30_000

/**
 * How many ids at the start of keys the registry may not have before the ids of further keys are not asked for. A 64-bit integer, as
 * Kafka's own serializer writes it, begins like a schema id.
 */
const MAX_UNKNOWN_KEYS = 10

type Codec = 'avro' | 'protobuf' | 'json'
type Compiled = { readonly codec: Codec; readonly decode: (bytes: Buffer) => unknown } | { readonly problem: string }

/** Decodes values in the wire format of a Schema Registry: Avro, Protobuf and JSON. Fetches and compiles each schema once. */
export class RegistryDecoder implements ValueDecoder {
  readonly decodesEvents = false
  readonly #access: RegistryAccess
  readonly #now: () => number
  readonly #schemas = new Map<number, Compiled>()
  /** Schemas that are being fetched. Calls of `prepare` may overlap. */
  readonly #fetching = new Map<number, Promise<void>>()
  #failedAt: number | undefined
  /** The ids at the start of keys for which the registry has no schema. */
  readonly #unknownOfKeys = new Set<number>()

  constructor(access: RegistryAccess) {
    this.#access = access
    this.#now = access.now ?? (() => performance.now())
  }

  async prepare(records: readonly BusRecord[]): Promise<void> {
    await this.#fetch(records.map(({ value }) => schemaIdOf(value)))
    const ofKeys = records.map(({ key }) => schemaIdOf(key)).filter((id) => id !== 0)
    await this.#fetch(ofKeys, (id) => {
      const schema = this.#schemas.get(id)
      if (schema !== undefined && 'problem' in schema) this.#unknownOfKeys.add(id)
      return this.#unknownOfKeys.size < MAX_UNKNOWN_KEYS
    })
  }

  /** Fetches the schemas with these ids. `goesOn` is called after each group of requests with their ids, and says whether to continue. */
  async #fetch(given: readonly (number | undefined)[], goesOn: (id: number) => boolean = () => true): Promise<void> {
    const ids = [...new Set(given)].filter((id) => id !== undefined && !this.#schemas.has(id)) as number[]
    while (ids.length > 0) {
      if (this.#failedAt !== undefined && this.#now() - this.#failedAt < RETRY_MS) return
      const room = MAX_SCHEMAS - this.#schemas.size
      const asked = ids.splice(0, Math.min(room, MAX_REQUESTS))
      await Promise.all(asked.map((id) => this.#addOnce(id)))
      if (room === 0 || !asked.every(goesOn)) return
    }
  }

  decode({ value }: BusRecord): DecodedValue | undefined {
    const id = schemaIdOf(value)
    if (id === undefined || value === null) return undefined
    const schema = this.#schemas.get(id)
    if (schema === undefined) {
      if (this.#schemas.size < MAX_SCHEMAS) return { ok: true, codec: 'bytes', value, canonical: false, schemaId: id }
      return {
        ok: false,
        reason: `the values have more than ${MAX_SCHEMAS} schema ids; are they from a schema registry?`,
      }
    }
    if ('problem' in schema) return { ok: false, reason: schema.problem }
    try {
      const decoded = schema.decode(asBuffer(value).subarray(HEADER_BYTES))
      return { ok: true, codec: schema.codec, value: decoded, canonical: false, schemaId: id }
    } catch (error) {
      return { ok: false, reason: `the value does not fit schema ${id} of the registry: ${messageOf(error)}` }
    }
  }

  decodeKey({ key }: BusRecord): DecodedKey | undefined {
    const id = schemaIdOf(key)
    const schema = id === undefined ? undefined : this.#schemas.get(id)
    if (id === undefined || key === null || schema === undefined || 'problem' in schema) return undefined
    try {
      return { value: schema.decode(asBuffer(key).subarray(HEADER_BYTES)), schemaId: id }
    } catch {
      // A key of another format may begin like a schema id. It is shown as bytes.
      return undefined
    }
  }

  #addOnce(id: number): Promise<void> {
    let adding = this.#fetching.get(id)
    if (adding === undefined) {
      adding = this.#add(id).finally(() => this.#fetching.delete(id))
      this.#fetching.set(id, adding)
    }
    return adding
  }

  async #add(id: number): Promise<void> {
    const fetched = await this.#access.fetchSchema(id)
    if (fetched.ok) {
      this.#schemas.set(id, await this.#compile(id, fetched.schema))
      this.#failedAt = undefined
    } else if (fetched.isMissing) this.#schemas.set(id, { problem: fetched.reason })
    else {
      if (this.#failedAt === undefined) this.#access.onUnreachable(fetched.reason)
      this.#failedAt = this.#now()
    }
  }

  async #compile(id: number, schema: RegistrySchema): Promise<Compiled> {
    const { type } = schema
    if (type === 'JSON') return { codec: 'json', decode: decodeJsonValue }
    if (type !== 'AVRO' && type !== 'PROTOBUF')
      return { problem: `schema ${id} of the registry is of the type ${type}` }
    // Load the package outside of `try`, because a missing package ends the command.
    const loaded = await this.#access.loadPackage(type === 'AVRO' ? 'avsc' : 'protobufjs')
    try {
      return type === 'AVRO'
        ? { codec: 'avro', decode: compileAvro(loaded as Avsc, schema) }
        : { codec: 'protobuf', decode: compileProtobuf(loaded as Protobufjs, schema) }
    } catch (error) {
      return { problem: `schema ${id} of the registry cannot be used: ${messageOf(error)}` }
    }
  }
}

/** Returns the schema id at the start of a value; `undefined` if the value does not begin like one with a schema id. */
function schemaIdOf(value: Uint8Array | null): number | undefined {
  if (value === null || value.length < HEADER_BYTES || value[0] !== MAGIC) return undefined
  return asBuffer(value).readUInt32BE(1)
}

function decodeJsonValue(bytes: Buffer): unknown {
  const decoded = decodeJson(bytes)
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.value
}

/** Returns the first line of a message, because avsc quotes whole values. */
const messageOf = (error: unknown): string => (error as Error).message.split('\n', 1)[0]?.slice(0, 200) ?? ''
