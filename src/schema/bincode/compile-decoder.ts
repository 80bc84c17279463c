import type { Schema } from '../model.ts'
import { type Cursor, finish, newCursor, start } from './cursor.ts'
import { explain } from './explain.ts'
import type { Explanation } from './explanation.ts'
import { jsonReader } from './read-json.ts'
import { valueReader } from './read-value.ts'
import { type Shape, shapeOf } from './shape.ts'
import { type Sizes, sizesOf } from './shape-size.ts'
import { variantPath, variantTree } from './variants.ts'

export type Decoded =
  | {
      readonly ok: true
      readonly value: unknown
      /** The path of variants, `Inventory.SeatReserved`; `undefined` when the root is no enum. */
      readonly variant: string | undefined
    }
  | DecodeFailure

export type DecodedJson =
  | { readonly ok: true; readonly json: string; readonly variant: string | undefined }
  | DecodeFailure

export type DecodeFailure = {
  readonly ok: false
  /** What the bytes begin as. */
  readonly variant: string | undefined
} & Explanation

export interface Decoder {
  readonly decode: (bytes: Uint8Array) => Decoded
  readonly decodeToJson: (bytes: Uint8Array) => DecodedJson
}

/**
 * Compiles a schema to a decoder of its payloads: bincode 1.x with its default settings, strictly, to the last byte.
 *
 * **The value** is what serde_json would write for the same Rust value: enums externally tagged, newtypes transparent,
 * field names as Rust has them (serde's renames are not the wire's business). It differs from serde_json in this:
 * - integers beyond 2^53 are strings of digits;
 * - floats that JSON has no number for are "NaN", "inf" and "-inf"; a NaN of other bits than Rust's is "NaN(0x…)";
 * - `Vec<u8>`, `[u8; N]` and serde_bytes are base64;
 * - an Option of what may itself be null (`Option<Option<T>>`, `Option<()>`) writes Some(x) as `{"Some": x}`;
 * - maps whose keys are no text, number, bool, char or unit variant are lists of [key, value];
 * - a map whose bytes have a key twice is refused: Rust would keep one, and not write the same bytes again.
 *
 * **As JSON text** it is the same, with two exceptions that JSON.stringify forgets: -0.0 keeps its sign, and a map's
 * keys stay in the order of the bytes. Control and direction characters are spelled out: it is safe on a terminal.
 *
 * **No bytes** make it throw, hang or allocate without bound: a count is compared with the bytes left, items that take
 * no byte are counted, and a type that holds itself is followed about 2,000 calls deep.
 */
export function compileDecoder(schema: Schema): Decoder {
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
  return { ok: false, ...(explain(shape, sizes, bytes) ?? { reason, path: '', offset }) }
}
