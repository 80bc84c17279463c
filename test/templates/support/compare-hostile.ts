import { isDeepStrictEqual } from 'node:util'
import { parseJson } from '../../../src/codecs/json.ts'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import type { ImportedSchema } from '../../../src/schema/import/import-schema.ts'
import { asSerde } from '../../unit/schema/support/as-serde.ts'

/** A value as Rust wrote it: bincode as hex, and serde_json's text. */
export interface Written {
  readonly hex: string
  readonly json: string
}

/** How an import fares against the values that Rust wrote. */
export interface Verdict {
  /** `asked`: the import asked something. `wrong`: it did not, or knew all answers, and reads other values. */
  readonly kind: 'right' | 'asked' | 'wrong'
  readonly why: string
}

/** Imports a crate, answers its questions about `cfg` options if `answers` knows them, and compares what the schema reads. */
export function compareImport(
  importWith: (assume: Readonly<Record<string, string>>) => ImportedSchema,
  written: readonly Written[],
  answers: (option: string) => 'on' | 'off' | undefined,
): Verdict {
  const first = importWith({})
  if (first.ok) return compared(first, written)
  const options = first.problems.flatMap(({ fix }) => (fix?.code === 'turn-on' ? fix.options : []))
  const known = Object.fromEntries(
    options.flatMap((option) => (answers(option) ? [[option, answers(option) as string]] : [])),
  )
  if (options.length === 0) return { kind: 'asked', why: first.problems.map(({ reason }) => reason).join('; ') }
  const second = importWith(known)
  if (!second.ok) return { kind: 'asked', why: second.problems.map(({ reason }) => reason).join('; ') }
  const verdict = compared(second, written)
  return verdict.kind === 'wrong' ? verdict : { kind: 'asked', why: 'features' }
}

function compared(imported: Extract<ImportedSchema, { ok: true }>, written: readonly Written[]): Verdict {
  const { schema } = imported
  const decoder = compileDecoder(schema)
  for (const { hex, json } of written) {
    const read = decoder.decode(Buffer.from(hex, 'hex'))
    if (!read.ok) return { kind: 'wrong', why: `${hex}: ${read.reason}` }
    const theirs = parseJson(json)
    const ours = asSerde(schema, { kind: 'named', name: schema.root }, JSON.parse(JSON.stringify(read.value)))
    if (!theirs.ok || !isDeepStrictEqual(values(ours), values(theirs.value)))
      return { kind: 'wrong', why: `${hex} is ${json}, read as ${JSON.stringify(ours)}` }
  }
  return { kind: 'right', why: '' }
}

/** A value without the names of fields, which serde may rename. */
const values = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(values)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([key, inner]) => (/^[A-Z]/.test(key) ? [key, values(inner)] : values(inner)))
}
