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
  readonly counts: Readonly<Record<ChangeKind, number>>
}

/** What became of a schema. Each side is whatever {@link readSchemaSource} takes; two at once may be source. */
export function diffSchemas(
  before: string,
  after: string,
  request: SchemaSourceRequest,
): SchemaDiff | Extract<SchemaSource, { ok: false }> {
  // What a schema file says of its root settles which enum of the source is meant.
  const sources = isSchemaFile(after) && !isSchemaFile(before) ? [after, before] : [before, after]
  const [first, second] = sources as [string, string]
  const one = readSchemaSource(first, request)
  if (!one.ok) return one
  const { root, topic, answers } = one.schema
  const known: KnownAnswers = (name) => answers ?? request.known?.(name)
  const alike = { ...request, root: request.root ?? root, topic: request.topic ?? topic, known }
  let other = readSchemaSource(second, alike)
  // The enum may be called something else by now.
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
    counts: { silent: count('silent'), breaks: count('breaks'), safe: count('safe') },
  }
}
