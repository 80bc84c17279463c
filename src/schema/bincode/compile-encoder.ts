import { undecidedOptions } from '../cfg-answers.ts'
import type { Schema } from '../model.ts'
import { type FoundVariant, findVariant } from './find-variant.ts'
import { type Shape, shapeOf } from './shape.ts'
import { isWithin, type Variant, type VariantTree, variantPath, variantTree } from './variants.ts'
import { narrow } from './varint/integers.ts'
import { compileTranscoder } from './varint/transcode.ts'
import { newSink, putU32, reset, type Sink, takeBytes, type Write } from './writing/sink.ts'
import { isObject, onlyKey, valueWriter } from './writing/write-value.ts'

/** The result of {@link Encoder.encode}: the bytes, or why the value does not fit the schema. */
export type Encoded = { readonly ok: true; readonly bytes: Uint8Array } | EncodeFailure

/** Why a value does not fit its schema, with the path in the value. */
export interface EncodeFailure {
  readonly ok: false
  /** What was expected and what was given, or what is missing or unknown. */
  readonly reason: string
  /** Path of the refused part, such as `OrderPlaced.items[2].quantity`; empty at the root. */
  readonly path: string
}

/** Encodes the payloads of one schema. {@link compileEncoder} creates it. */
export interface Encoder {
  /**
   * Encodes a value as the decoder returns it. Other spellings are accepted too: integers as numbers, bigints or digits,
   * bytes as lists of numbers, maps as lists of pairs, and a missing field for None.
   *
   * With an event type (`OrderPlaced.v1`) or a path of variants (`Inventory.SeatReserved`), the value may be the contents
   * of that variant, without the variant names around it. If the value has variant names, they must be those of that
   * variant.
   */
  readonly encode: (value: unknown, variantOrEventType?: string) => Encoded
}

/**
 * Compiles a schema to an encoder of its payloads: it writes exactly the bytes that the Rust service would
 * write. The encoder never throws. A schema with an answer about `cfg` that is neither on nor off encodes nothing.
 *
 * @example
 * ```ts
 * import { compileEncoder, readSchemaFile } from 'crbus'
 *
 * const file = readSchemaFile(`{
 *   "crbus_schema": 1, "topic": "order-events", "root": "OrderEvent", "events": { "OrderPlaced.v1": "OrderPlaced" },
 *   "types": { "OrderEvent": { "enum": [{ "OrderPlaced": { "order_id": "String" } }] } }
 * }`)
 * if (!file.ok) throw new Error(file.problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))
 *
 * const { encode } = compileEncoder(file.schema)
 * const encoded = encode({ order_id: 'o-1' }, 'OrderPlaced.v1')
 * encoded.ok && Buffer.from(encoded.bytes).toString('hex') // => '0000000003000000000000006f2d31'
 * ```
 */
export function compileEncoder(schema: Schema): Encoder {
  const [undecided] = undecidedOptions(schema.answers)
  if (undecided !== undefined) {
    const reason = `the schema does not say whether ${undecided} is on or off, which may change the bytes`
    return { encode: () => ({ ok: false, reason, path: '' }) }
  }
  const encoder = fixedEncoder(schema)
  if (schema.integers !== 'variable') return encoder
  const { transcode } = compileTranscoder(schema, narrow)
  return {
    encode: (value, name) => {
      const encoded = encoder.encode(value, name)
      return encoded.ok ? { ok: true, bytes: transcode(encoded.bytes).bytes } : encoded
    },
  }
}

function fixedEncoder(schema: Schema): Encoder {
  const root = shapeOf(schema)
  const tree = variantTree(root)
  const writer = valueWriter()
  const writeRoot = writer(root)
  const sink = newSink()
  const encodeRoot = (value: unknown) => finish(sink, writeRoot(sink, value))
  /** Found variants by the name that the caller gave. */
  const variants = new Map<string, FoundVariant>()
  return {
    encode: (value, name) => {
      if (name === undefined || tree === undefined) return encodeRoot(value)
      let found = variants.get(name)
      if (found === undefined) {
        found = findVariant(schema, tree, name)
        variants.set(name, found)
      }
      if (found.kind === 'one') {
        return encodeVariant(sink, { tree, variant: found.variant, name, writer, encodeRoot }, value)
      }
      // The name does not identify a variant, but the value may contain the variant names.
      const encoded = isObject(value) || typeof value === 'string' ? encodeRoot(value) : undefined
      return encoded?.ok ? encoded : { ok: false, reason: found.reason, path: '' }
    },
  }
}

/** Returns the bytes or the failure of the sink, and resets the sink for the next value. */
function finish(sink: Sink, isWritten: boolean): Encoded {
  if (isWritten) return { ok: true, bytes: takeBytes(sink) }
  const failure = { reason: sink.reason, path: sink.steps.reverse().join('').replace(/^\./, '') }
  reset(sink)
  return { ok: false, ...failure }
}

/** The variant that a value is encoded as. */
interface Target {
  readonly tree: VariantTree
  readonly variant: Variant
  /** The event type or path that the caller gave. */
  readonly name: string
  readonly writer: (shape: Shape) => Write
  readonly encodeRoot: (value: unknown) => Encoded
}

function encodeVariant(sink: Sink, target: Target, value: unknown): Encoded {
  const { tree, variant, name, writer } = target
  const wrapped = encodeWrapped(sink, target, value)
  if (wrapped?.ok) {
    const path = variantPath(tree, wrapped.bytes)
    if (isWithin(path, variant.path)) return wrapped
    return { ok: false, reason: `the data is variant ${path}, but ${name} is ${variant.path}`, path: '' }
  }
  // A field may have the name of the variant, so the value is tried as the bare contents before a failure is reported.
  for (const index of variant.indexes) putU32(sink, index)
  const isWritten = variant.shape === undefined ? isEmptyData(sink, value) : writer(variant.shape)(sink, value)
  if (!isWritten) sink.steps.push(variant.path)
  const bare = finish(sink, isWritten)
  return bare.ok ? bare : (wrapped ?? otherVariantFailure(target, value) ?? bare)
}

/**
 * Encodes a value that has variant names around it, from the root (`{"Inventory": {"SeatReserved": …}}`) or from a later
 * step of the path (`{"SeatReserved": …}`). Returns `undefined` if the value does not have such names.
 */
function encodeWrapped(sink: Sink, { tree, variant, writer }: Target, value: unknown): Encoded | undefined {
  const names = variant.path.split('.')
  let level: VariantTree | undefined = tree
  for (const [step, name] of names.entries()) {
    if (level === undefined) return undefined
    const isLast = step === names.length - 1
    const hasName = isObject(value) ? onlyKey(value) === name : isLast && variant.shape === undefined && value === name
    if (hasName) {
      for (const index of variant.indexes.slice(0, step)) putU32(sink, index)
      const isWritten = writer(level.enum)(sink, value)
      if (!isWritten && step > 0) sink.steps.push(names.slice(0, step).join('.'))
      return finish(sink, isWritten)
    }
    level = level.variants.find((other) => other.name === name)?.inner
  }
  return undefined
}

/**
 * Returns the failure for a value that is wrapped in the name of another variant. This says more than that the name is an
 * unknown field.
 */
function otherVariantFailure({ tree, variant, name, encodeRoot }: Target, value: unknown): EncodeFailure | undefined {
  const key = isObject(value) ? onlyKey(value) : undefined
  if (key === undefined || !tree.variants.some((other) => other.name === key)) return undefined
  const encoded = encodeRoot(value)
  if (!encoded.ok) return undefined
  const path = variantPath(tree, encoded.bytes)
  return { ok: false, reason: `the data is variant ${path}, but ${name} is ${variant.path}`, path: '' }
}

/** Whether the data of a unit variant is empty: undefined, null or {}. If not, sets the reason. */
function isEmptyData(sink: Sink, value: unknown): boolean {
  if (value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)) return true
  sink.reason = 'the variant has no fields: leave the data out, or write {}'
  return false
}
