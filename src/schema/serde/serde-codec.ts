import { decodeCbor } from '../../codecs/cbor/cbor.ts'
import { type ExactValue, Float } from '../../codecs/cbor/exact-value.ts'
import { writeCbor } from '../../codecs/cbor/write-cbor.ts'
import { asJsonNumber, decodeJson, writeJson } from '../../codecs/json.ts'
import { decodeMsgpack } from '../../codecs/msgpack/decode-msgpack.ts'
import { encodeMsgpack } from '../../codecs/msgpack/encode-msgpack.ts'
import { isWithin } from '../bincode/variants.ts'
import { declaredBody, type Schema } from '../model.ts'
import { type EnumPlan, planner } from './plan.ts'
import { compileSerdeReader, type ReadSerde } from './read-value.ts'
import { isFields } from './value-kinds.ts'
import type { SerdeFormat } from './write-primitive.ts'
import { compileSerdeWriter, type WrittenSerde } from './write-value.ts'

/** Reads and writes the payloads of one schema in the formats that contain names. {@link compileSerdeCodec} creates it. */
export interface SerdeCodec {
  /**
   * Reads a payload. The value is what serde_json would write: with serde's names and tags, and with the texts of library types
   * that CBOR and MessagePack contain in binary.
   */
  readonly decode: (bytes: Uint8Array, format: SerdeFormat) => ReadSerde
  /** Checks a payload that is already decoded, as `decode` does. */
  readonly read: (decoded: unknown) => ReadSerde
  /**
   * Writes a value as `decode` returns it. With an event type (`OrderPlaced.v1`) or a path of variants (`Inventory.SeatReserved`),
   * the value may be the contents of that variant, without its name.
   */
  readonly encode: (value: unknown, format: SerdeFormat, variantOrEventType?: string) => EncodedSerde
}

/** The bytes, or why the value does not fit the schema. `path` is the part that does not fit; empty for the whole value. */
export type EncodedSerde =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string; readonly path: string }

/**
 * Compiles a schema for JSON, CBOR and MessagePack, in which serde writes names: the same types as for bincode, with the
 * attributes `rename`, `tag`, `content`, `untagged` and `flatten`.
 *
 * @example
 * ```ts
 * import { compileSerdeCodec, readSchemaFile } from 'crbus'
 *
 * const file = readSchemaFile(`{
 *   "crbus_schema": 1, "topic": "order-events", "root": "OrderEvent", "events": { "OrderPlaced.v1": "OrderPlaced" },
 *   "types": { "OrderEvent": { "enum": [{ "OrderPlaced": { "order_id": "String" } }] } }
 * }`)
 * if (!file.ok) throw new Error(file.problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))
 *
 * const { decode, encode } = compileSerdeCodec(file.schema)
 * const encoded = encode({ order_id: 'o-1' }, 'msgpack-compact', 'OrderPlaced.v1')
 * encoded.ok && Buffer.from(encoded.bytes).toString('hex') // => '81ab4f72646572506c6163656491a36f2d31'
 * const decoded = encoded.ok && decode(encoded.bytes, 'msgpack')
 * decoded && decoded.ok && decoded.value // => { OrderPlaced: { order_id: 'o-1' } }
 * ```
 */
export function compileSerdeCodec(schema: Schema): SerdeCodec {
  const read = compileSerdeReader(schema)
  const write = compileSerdeWriter(schema)
  return {
    read,
    decode: (bytes, format) => {
      const decoded = decodeBytes(bytes, format)
      return decoded.ok ? read(decoded.value) : { ok: false, reason: decoded.reason, path: '', variant: undefined }
    },
    encode: (value, format, name) => {
      const written = name === undefined ? write(value, format) : writeVariant(schema, name, value, format, write)
      return written.ok ? { ok: true, bytes: encodeExact(written.exact, format) } : written
    },
  }
}

function decodeBytes(bytes: Uint8Array, format: SerdeFormat) {
  if (format === 'json') return decodeJson(bytes)
  return format === 'cbor' ? decodeCbor(bytes) : decodeMsgpack(bytes)
}

function encodeExact(value: ExactValue, format: SerdeFormat): Uint8Array {
  if (format === 'cbor') return writeCbor(value)
  return format === 'json' ? Buffer.from(writeJson(jsonOf(value))) : encodeMsgpack(value)
}

function jsonOf(value: ExactValue): unknown {
  if (value instanceof Float) return asJsonNumber(value.value)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), jsonOf(item)]))
  return Array.isArray(value) ? value.map(jsonOf) : value
}

type Write = (value: unknown, format: SerdeFormat) => WrittenSerde

/** Writes a value that is a whole payload of the variant, or else only the contents of the variant. */
function writeVariant(schema: Schema, name: string, value: unknown, format: SerdeFormat, write: Write): WrittenSerde {
  const path = schema.events.get(name) ?? (/\.v\d+$/.test(name) ? undefined : name)
  const root = schema.types.get(schema.root)
  if (root === undefined || declaredBody(root).kind !== 'enum') return write(value, format)
  if (path === undefined)
    return { ok: false, reason: `no variant of ${schema.root} has the event type ${name}`, path: '' }
  const whole = write(value, format)
  const isOfVariant = whole.ok && whole.variant !== undefined && isWithin(whole.variant, path)
  if (isOfVariant) return whole
  const wrapped = wrap(schema, path.split('.'), value)
  const bare = wrapped === undefined ? undefined : write(wrapped, format)
  if (bare?.ok && bare.variant !== undefined && isWithin(bare.variant, path)) return bare
  if (whole.ok) return { ok: false, reason: `the data is variant ${whole.variant}, but ${name} is ${path}`, path: '' }
  return bare === undefined || bare.ok || namesVariant(schema, value) ? whole : bare
}

/** Puts the names of variants around the contents of the innermost one. `undefined` for a path that the schema does not have. */
function wrap(schema: Schema, path: readonly string[], contents: unknown): unknown {
  const plan = planner(schema)
  const around = (typeName: string, [step, ...more]: readonly string[]): unknown => {
    const enumPlan = plan(typeName)
    if (step === undefined) return contents
    if (enumPlan?.kind !== 'enum') return undefined
    const variant = enumPlan.variants.find((one) => one.variant === step)
    if (variant === undefined) return undefined
    const { contents: held, name, isUntagged } = variant
    const inner = held.kind === 'newtype' && held.item.kind === 'named' ? around(held.item.name, more) : contents
    if (isUntagged) return inner
    const { tagging } = enumPlan
    const isUnit = held.kind === 'unit'
    if (tagging.kind === 'external') return isUnit ? name : { [name]: inner }
    if (tagging.kind === 'adjacent')
      return isUnit ? { [tagging.tag]: name } : { [tagging.tag]: name, [tagging.content]: inner }
    return { [tagging.tag]: name, ...(isFields(inner) ? inner : {}) }
  }
  return around(schema.root, path)
}

/** Whether a value has the name of a variant of the root, so that its own failure says more than that of its wrapped form. */
function namesVariant(schema: Schema, value: unknown): boolean {
  if (!isFields(value)) return false
  const { byName, tagging } = planner(schema)(schema.root) as EnumPlan
  const [key, ...more] = Object.keys(value)
  if (tagging.kind !== 'external') return Object.hasOwn(value, tagging.tag)
  return key !== undefined && more.length === 0 && byName.has(key)
}
