import type { SchemaChange, SchemaDiff } from '../../operations/schemas/diff.ts'
import { adviceText, changeText } from './schema-change-words.ts'

/** `Omit` for each member of a union. */
type Without<Value, Key extends string> = Value extends unknown ? Omit<Value, Key> : never

/** A change in a `--json` document: its fields, and the texts that people see. */
export type SchemaChangeDocument = Without<SchemaChange, 'events'> & {
  readonly eventTypes: readonly string[]
  readonly message: string
  readonly advice: string
}

export const schemaChangeDocument = (change: SchemaChange): SchemaChangeDocument => {
  const { events: eventTypes, ...fields } = change
  return { ...fields, eventTypes, message: changeText(change), advice: adviceText(change) }
}

/** The document of `crbus schema diff --json`. */
export interface SchemaDiffDocument extends Omit<SchemaDiff, 'ok' | 'changes'> {
  readonly changes: readonly SchemaChangeDocument[]
}

export const schemaDiffDocument = ({ ok: _, changes, ...diff }: SchemaDiff): SchemaDiffDocument => ({
  ...diff,
  changes: changes.map(schemaChangeDocument),
})
