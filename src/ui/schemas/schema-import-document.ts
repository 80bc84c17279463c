import type { SchemaImportPlan } from '../../operations/schemas/import.ts'
import { importNoteText } from './import-note-words.ts'
import { type SchemaChangeDocument, schemaChangeDocument } from './schema-change-document.ts'

/** The document of `crbus schema import --json`: every note and change with its sentence as `message`. */
export interface SchemaImportDocument extends Omit<SchemaImportPlan, 'ok' | 'answered' | 'notes' | 'changes'> {
  /** Answers that come from the existing file, as flags. */
  readonly answered: readonly string[]
  readonly notes: readonly (SchemaImportPlan['notes'][number] & { readonly message: string })[]
  readonly changes: readonly SchemaChangeDocument[]
}

export const schemaImportDocument = ({ ok: _, ...plan }: SchemaImportPlan): SchemaImportDocument => ({
  ...plan,
  answered: plan.answered.map(({ part, question, answer }) => `--${part} ${question}=${answer}`),
  notes: plan.notes.map((note) => ({ ...note, message: importNoteText(note) })),
  changes: plan.changes.map(schemaChangeDocument),
})
