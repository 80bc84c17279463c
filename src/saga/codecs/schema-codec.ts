import { type SerializedEvent, versionOf } from '../../bus/event.ts'
import { namesLike } from '../../bus/names/names-like.ts'
import { aText, checkFields, having, required } from '../../bus/options.ts'
import { compileDecoder } from '../../schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../schema/bincode/compile-encoder.ts'
import { type Shape, shapeOf } from '../../schema/bincode/shape.ts'
import { checkVariant, type Variant, variantsOf, variantTree } from '../../schema/bincode/variants.ts'
import type { Schema } from '../../schema/model.ts'
import type { Action } from '../action.ts'
import type { EventCodec } from './codec.ts'
import { otherCodec } from './other-codec.ts'

/** How a variant of the enum is represented as an action. */
interface KnownVariant {
  /** The type of the action: the path of the variant, such as `Inventory.SeatReserved`. */
  readonly type: string
  /** The variant names that the path consists of. */
  readonly steps: readonly string[]
  readonly eventType: string
  /** What the action has beside its type: nothing, the fields of a struct, or the field `value`. */
  readonly holds: 'nothing' | 'fields' | 'value'
}

const aMap = having('a Map', 'get', 'has')

/**
 * Creates a codec that encodes actions as bincode of a Rust enum, by a schema of `crbus schema import`: exactly the bytes that
 * the Rust service reads and writes. `{ "OrderPlaced": { "order_id": "o-1" } }` is the action
 * `{ type: 'OrderPlaced', order_id: 'o-1' }`. A variant of a nested enum is `{ type: 'Inventory.SeatReserved', … }`. When the
 * content of a variant is not a struct, or is a struct with a field `type`, the action has it in the field `value`.
 *
 * The event type is the one that the schema has for the variant, else `{variant}.v1`. Values are as {@link compileDecoder}
 * describes. Throws a `TypeError` when the root type of the schema is not an enum.
 *
 * @example
 * ```ts
 * import { readSchemaFile, schemaCodec } from 'crbus'
 *
 * const file = readSchemaFile(`{
 *   "crbus_schema": 1, "topic": "order-events", "root": "OrderEvent", "events": { "OrderPlaced.v1": "OrderPlaced" },
 *   "types": { "OrderEvent": { "enum": [{ "OrderPlaced": { "order_id": "String" } }] } }
 * }`)
 * if (!file.ok) throw new Error(file.problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))
 * const codec = schemaCodec<{ type: 'OrderPlaced'; order_id: string }>(file.schema)
 * const event = codec.encode({ type: 'OrderPlaced', order_id: 'o-1' })
 * codec.decode({ ...event, metadata: null }) // => { type: 'OrderPlaced', order_id: 'o-1' }
 * ```
 */
export function schemaCodec<A extends Action>(schema: Schema): EventCodec<A> {
  const parts = { root: required(aText), types: required(aMap), events: required(aMap) }
  checkFields('schemaCodec, which takes the schema of a readSchemaFile result', schema, parts)
  const tree = variantTree(shapeOf(schema))
  if (tree === undefined)
    throw new TypeError(`schemaCodec needs an enum as the root type of the schema, and ${schema.root} is not one`)
  const { encode } = compileEncoder(schema)
  const { decode } = compileDecoder(schema)
  const known = new Map([...variantsOf(tree)].map((variant) => [variant.path, toKnown(schema, variant)]))
  const typeOf = (eventType: string) => schema.events.get(eventType) ?? eventType.replace(/\.v\d+$/, '')
  return {
    types: new Set(known.keys()),
    encode({ type, ...fields }) {
      const variant = known.get(type)
      if (variant === undefined) throw new TypeError(unknownVariant(schema, type, known.keys()))
      const encoded = encode(contentOf(fields, variant), type)
      if (!encoded.ok) throw new TypeError(`${encoded.path || type}: ${encoded.reason}`)
      const { eventType } = variant
      return { eventType, eventVersion: versionOf(eventType), data: encoded.bytes }
    },
    decode(event) {
      const variant = known.get(typeOf(event.eventType))
      if (variant === undefined) return undefined
      const decoded = decode(event.data)
      if (!decoded.ok) {
        const other = otherCodec(event.data, 'bincode')
        throw new TypeError(`the payload of ${event.eventType}: ${decoded.reason}${other}`)
      }
      const problem = checkVariant(schema, event.eventType, decoded.variant ?? '')
      if (problem !== undefined) throw new TypeError(problem)
      return toAction(event, known.get(decoded.variant ?? '') ?? variant, decoded.value) as A
    },
  }
}

function toKnown({ events }: Schema, { name, path, shape }: Variant): KnownVariant {
  const [eventType = `${name}.v1`] = [...events].flatMap(([type, of]) => (of === path ? [type] : []))
  return { type: path, steps: path.split('.'), eventType, holds: contentKind(shape) }
}

function contentKind(shape: Shape | undefined): KnownVariant['holds'] {
  if (shape === undefined) return 'nothing'
  const isPlain = shape.kind === 'struct' && shape.fields.every(({ name }) => name !== 'type')
  return isPlain ? 'fields' : 'value'
}

function contentOf(fields: object, { holds }: KnownVariant): unknown {
  if (holds === 'nothing') return Object.keys(fields).length === 0 ? undefined : fields
  if (holds === 'fields') return fields
  const { value, ...rest } = fields as { readonly value?: unknown }
  const [extra] = Object.keys(rest)
  if (extra !== undefined) throw new TypeError(`the variant has only the field 'value', not '${extra}'`)
  return value
}

/** Converts a decoded value to an action. The value is `{ Variant: content }`, or the name alone for a unit variant. */
function toAction({ eventType }: SerializedEvent, { type, steps, holds }: KnownVariant, value: unknown): Action {
  let content = value
  for (const step of holds === 'nothing' ? steps.slice(0, -1) : steps) {
    if (typeof content !== 'object' || content === null)
      throw new TypeError(`the payload of ${eventType} is not a ${type}`)
    content = (content as Record<string, unknown>)[step]
  }
  if (holds === 'nothing') return { type }
  return (holds === 'fields' ? { ...(content as object), type } : { type, value: content }) as Action
}

function unknownVariant({ root }: Schema, type: string, known: Iterable<string>): string {
  const [near] = namesLike(type, known)
  const meant =
    near === undefined
      ? 'for a command of another service, name its codec: dispatch(topic, command, { codec })'
      : `did you mean ${near}?`
  return `${root} has no variant ${type}: ${meant}`
}
