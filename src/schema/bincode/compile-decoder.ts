import type { Schema } from '../model.ts'
import type { FieldSelection } from './field-selection.ts'
import { type Cursor, finish, newCursor, start } from './reading/cursor.ts'
import { explain } from './reading/explain.ts'
import type { Explanation } from './reading/explanation.ts'
import { fieldReader } from './reading/read-fields.ts'
import { jsonReader } from './reading/read-json.ts'
import { valueReader } from './reading/read-value.ts'
import { type Shape, shapeOf } from './shape.ts'
import { type Sizes, sizesOf } from './shape-size.ts'
import { variantPath, variantTree } from './variants.ts'
import { widen } from './varint/integers.ts'
import { compileTranscoder } from './varint/transcode.ts'

/** The result of {@link Decoder.decode}: the value and its variant, or why the bytes do not decode. */
export type Decoded =
  | {
      readonly ok: true
      readonly value: unknown
      /** The dotted path of the variant, such as `Inventory.SeatReserved`; `undefined` if the root is not an enum. */
      readonly variant: string | undefined
    }
  | DecodeFailure

/** The result of {@link Decoder.decodeToJson}: the JSON text and its variant, or why the bytes do not decode. */
export type DecodedJson =
  | { readonly ok: true; readonly json: string; readonly variant: string | undefined }
  | DecodeFailure

/** Why bytes do not decode, with the path in the value and the offset in the bytes. */
export interface DecodeFailure extends Explanation {
  readonly ok: false
  /** The path of the variants at the start of the bytes, up to the first unknown one; `undefined` if none is known. */
  readonly variant: string | undefined
}

/** Decodes the payloads of one schema. {@link compileDecoder} creates it. */
export interface Decoder {
  /** Decodes to a JavaScript value. */
  readonly decode: (bytes: Uint8Array) => Decoded
  /** Decodes to JSON text, without a JavaScript value in between. */
  readonly decodeToJson: (bytes: Uint8Array) => DecodedJson
}

/**
 * Compiles a schema to a decoder of its payloads: bincode with fixed integers (1.x with its default settings) or, if the schema says
 * so, with variable ones (2.x with its standard settings), strictly, to the last byte.
 *
 * **The value** is what serde_json would write for the same Rust value: enums externally tagged, newtypes transparent, fields
 * named as in Rust (renames by serde do not affect bincode). The differences from serde_json are:
 * - integers beyond 2^53 are strings of digits;
 * - floats without a JSON number are "NaN", "inf" and "-inf"; a NaN with other bits than `f64::NAN` is "NaN(0x…)";
 * - `Vec<u8>`, `[u8; N]` and serde_bytes are base64;
 * - an Option of a type that may itself be null (`Option<Option<T>>`, `Option<()>`) writes Some(x) as `{"Some": x}`;
 * - maps whose keys are not text, number, bool, char or unit variants are lists of [key, value];
 * - a map with a duplicate key is refused: Rust would keep one entry and write other bytes.
 *
 * **As JSON text** the value is the same, except for two things that JSON.stringify loses: -0.0 keeps its sign, and the keys of
 * a map stay in the order of the bytes. Control and direction characters are escaped, so the text is safe on a terminal.
 *
 * **Invalid bytes** never make the decoder throw, hang or allocate without bound: it compares each length with the bytes
 * left, counts items that take no bytes, and limits the nesting of recursive types to about 2,000 function calls.
 *
 * @example
 * ```ts
 * import { compileDecoder, readSchemaFile } from 'crbus'
 *
 * const file = readSchemaFile(`{
 *   "crbus_schema": 1, "topic": "order-events", "root": "OrderEvent", "events": { "OrderPlaced.v1": "OrderPlaced" },
 *   "types": { "OrderEvent": { "enum": [{ "OrderPlaced": { "order_id": "String" } }] } }
 * }`)
 * if (!file.ok) throw new Error(file.problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))
 *
 * const { decode } = compileDecoder(file.schema)
 * const bytes = Buffer.from('\0\0\0\0' + '\x03\0\0\0\0\0\0\0' + 'o-1')
 * decode(bytes) // => { ok: true, variant: 'OrderPlaced', value: { OrderPlaced: { order_id: 'o-1' } } }
 * ```
 */
export function compileDecoder(schema: Schema): Decoder {
  return schema.integers === 'variable' ? variableDecoder(schema) : fixedDecoder(schema)
}

function fixedDecoder(schema: Schema): Decoder {
  const shape = shapeOf(schema)
  const sizes = sizesOf(shape)
  const tree = variantTree(shape)
  const cursor = newCursor()
  const variantOf = (bytes: Uint8Array) => (tree === undefined ? undefined : variantPath(tree, bytes) || undefined)
  const readValue = valueReader(shape, sizes)
  const readJson = jsonReader(shape, sizes)
  return {
    decode: (bytes) => {
      const value = readAll(cursor, readValue, bytes)
      if (!finish(cursor)) return { ...failure(cursor, shape, sizes, bytes), variant: variantOf(bytes) }
      return { ok: true, value, variant: variantOf(bytes) }
    },
    decodeToJson: (bytes) => {
      const json = readAll(cursor, readJson, bytes)
      if (!finish(cursor)) return { ...failure(cursor, shape, sizes, bytes), variant: variantOf(bytes) }
      return { ok: true, json, variant: variantOf(bytes) }
    },
  }
}

/** Decodes payloads with integers of variable size: gives the integers their fixed sizes first. */
function variableDecoder(schema: Schema): Decoder {
  const decoder = fixedDecoder(schema)
  const { transcode, offsetIn } = compileTranscoder(schema, widen)
  const decodeWith = <T extends { readonly ok: true; readonly variant: string | undefined }>(
    decode: (bytes: Uint8Array) => T | DecodeFailure,
    bytes: Uint8Array,
  ): T | DecodeFailure => {
    const { bytes: fixed, failure: reason, offset } = transcode(bytes)
    const decoded = decode(fixed)
    if (reason === undefined && decoded.ok) return decoded
    if (!decoded.ok && !reason) return { ...decoded, offset: offsetIn(bytes, decoded.offset) }
    const path = decoded.ok ? '' : decoded.path
    return { ok: false, path, reason: reason ?? '', offset, variant: decoded.variant }
  }
  return {
    decode: (bytes) => decodeWith(decoder.decode, bytes),
    decodeToJson: (bytes) => decodeWith(decoder.decodeToJson, bytes),
  }
}

/**
 * Compiles a schema to a function that decodes as {@link compileDecoder} does, but creates only the selected fields of the value. It
 * checks all other fields as strictly, and leaves them undefined. Returns `undefined` for bytes that do not decode.
 */
export function compileFieldDecoder(schema: Schema, selected: FieldSelection): (bytes: Uint8Array) => unknown {
  if (schema.integers === 'variable') {
    const { transcode } = compileTranscoder(schema, widen)
    const decodeFixed = fieldDecoder(schema, selected)
    return (bytes) => {
      const { bytes: fixed, failure: reason } = transcode(bytes)
      return reason === undefined ? decodeFixed(fixed) : undefined
    }
  }
  return fieldDecoder(schema, selected)
}

function fieldDecoder(schema: Schema, selected: FieldSelection): (bytes: Uint8Array) => unknown {
  const shape = shapeOf(schema)
  const cursor = newCursor()
  const read = fieldReader(shape, sizesOf(shape), selected)
  return (bytes) => {
    const value = readAll(cursor, read, bytes)
    return finish(cursor) ? value : undefined
  }
}

function readAll<T>(cursor: Cursor, read: (cursor: Cursor) => T, bytes: Uint8Array): T {
  start(cursor, bytes)
  return read(cursor)
}

function failure(
  { reason, offset }: Cursor,
  shape: Shape,
  sizes: Sizes,
  bytes: Uint8Array,
): { readonly ok: false } & Explanation {
  // `explain` reads by the same rules and fails too; should it ever succeed, the reader's own reason is reported.
  return { ok: false, ...(explain(shape, sizes, bytes) ?? { reason, path: '', offset }) }
}
