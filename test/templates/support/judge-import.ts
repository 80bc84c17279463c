import type { ImportedSchema } from '../../../src/schema/import/import-schema.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { compareSchema, type Written } from '../../unit/schema/support/compare-schema.ts'

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
  if (first.ok) return compared(first.schema, written)
  const options = first.problems.flatMap(({ fix }) => (fix?.code === 'turn-on' ? fix.options : []))
  const known = Object.fromEntries(
    options.flatMap((option) => (answers(option) ? [[option, answers(option) as string]] : [])),
  )
  if (options.length === 0) return { kind: 'asked', why: first.problems.map(({ reason }) => reason).join('; ') }
  const second = importWith(known)
  if (!second.ok) return { kind: 'asked', why: second.problems.map(({ reason }) => reason).join('; ') }
  const verdict = compared(second.schema, written)
  return verdict.kind === 'wrong' ? verdict : { kind: 'asked', why: 'features' }
}

function compared(schema: Schema, written: readonly Written[]): Verdict {
  const [why] = compareSchema(schema, written)
  return why === undefined ? { kind: 'right', why: '' } : { kind: 'wrong', why }
}
