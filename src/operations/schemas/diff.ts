import { compareSchemas } from '../../schema/compare/compare-schemas.ts'
import type { ChangeKind, SchemaChange } from '../../schema/compare/schema-change.ts'
import type { KnownAnswers } from './known-answers.ts'
import { isSchemaFile, readSchemaSource, type SchemaSource, type SchemaSourceRequest } from './source.ts'

export type { SchemaChange }

export interface SchemaDiff {
  readonly ok: true
  readonly old: string
  readonly new: string
  readonly changes: readonly SchemaChange[]
  readonly changeCounts: Readonly<Record<ChangeKind, number>>
}

/** Compares two schemas. Each side is a source that {@link readSchemaSource} accepts; both may be Rust source. */
export function diffSchemas(
  before: string,
  after: string,
  request: SchemaSourceRequest,
): SchemaDiff | Extract<SchemaSource, { ok: false }> {
  // Read a schema file first: its root says which enum of the Rust source to import.
  const sources = isSchemaFile(after) && !isSchemaFile(before) ? [after, before] : [before, after]
  const [first, second] = sources as [string, string]
  const one = readSchemaSource(first, request)
  if (!one.ok) return one
  const { root, topic, answers } = one.schema
  const known: KnownAnswers = (name) => answers ?? request.known?.(name)
  const alike = { ...request, root: request.root ?? root, topic: request.topic ?? topic, known }
  let other = readSchemaSource(second, alike)
  // The enum may have been renamed, so try again without the root and topic of the first side.
  if (!other.ok && request.root === undefined) {
    const free = readSchemaSource(second, { ...request, known })
    if (free.ok) other = free
  }
  if (!other.ok) return other
  const [old, now] = first === before ? [one.schema, other.schema] : [other.schema, one.schema]
  const changes = compareSchemas(old, now)
  const count = (kind: ChangeKind) => changes.filter((change) => change.kind === kind).length
  return {
    ok: true,
    old: before,
    new: after,
    changes,
    changeCounts: { silent: count('silent'), breaks: count('breaks'), safe: count('safe') },
  }
}
