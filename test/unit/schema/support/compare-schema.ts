import { isDeepStrictEqual } from 'node:util'
import { parseJson } from '../../../../src/codecs/json.ts'
import { compileDecoder } from '../../../../src/schema/bincode/compile-decoder.ts'
import type { Schema } from '../../../../src/schema/model.ts'
import { asSerde } from './as-serde.ts'

/** A value as Rust wrote it: bincode as hex, and serde_json's text. */
export interface Written {
  readonly hex: string
  readonly json: string
}

/** The values that a schema does not read as Rust wrote them, one line each. */
export function compareSchema(schema: Schema, written: readonly Written[]): readonly string[] {
  const decoder = compileDecoder(schema)
  return written.flatMap(({ hex, json }) => {
    const read = decoder.decode(Buffer.from(hex, 'hex'))
    if (!read.ok) return [`${hex} is ${json}: ${read.reason}`]
    const theirs = parseJson(json)
    const ours = asSerde(schema, { kind: 'named', name: schema.root }, JSON.parse(JSON.stringify(read.value)))
    const isSame = theirs.ok && isDeepStrictEqual(values(ours), values(theirs.value))
    return isSame ? [] : [`${hex} is ${json}, and was read as ${JSON.stringify(read.value)}`]
  })
}

/** A value without the names of fields, which serde may rename. */
const values = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(values)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([key, inner]) => (/^[A-Z]/.test(key) ? [key, values(inner)] : values(inner)))
}
