import { compareSchemas } from '../../schema/compare/compare-with-samples.ts'
import type { ChangeKind, SchemaChange } from '../../schema/compare/schema-change.ts'
import type { KnownAnswers } from './known-answers.ts'
import { isSchemaFile, readSchemaSource, type SchemaSource, type SchemaSourceRequest } from './source.ts'

export type { SchemaChange }

export interface SchemaDiff {
  readonly ok: true
  /** The two sources, as given. */
  readonly old: string
  readonly new: string
  readonly changes: readonly SchemaChange[]
  readonly changeCounts: Readonly<Record<ChangeKind, number>>
}

/** Compares two schemas. `before` and `after` are sources that {@link readSchemaSource} accepts. */
export function diffSchemas(
  before: string,
  after: string,
  request: SchemaSourceRequest,
): SchemaDiff | Extract<SchemaSource, { ok: false }> {
  // If one side is a schema file, read it first: its root says which enum of the Rust source to import.
  const isAfterFirst = isSchemaFile(after) && !isSchemaFile(before)
  const first = readSchemaSource(isAfterFirst ? after : before, request)
  if (!first.ok) return first
  const { root, topic, answers } = first.schema
  const known: KnownAnswers = (name) => answers ?? request.known?.(name)
  const secondSource = isAfterFirst ? before : after
  let second = readSchemaSource(secondSource, {
    ...request,
    root: request.root ?? root,
    topic: request.topic ?? topic,
    known,
  })
  // The enum may have been renamed, so try again without the root and topic of the first side.
  if (!second.ok && request.root === undefined) {
    const renamed = readSchemaSource(secondSource, { ...request, known })
    if (renamed.ok) second = renamed
  }
  if (!second.ok) return second
  const [oldSchema, newSchema] = isAfterFirst ? [second.schema, first.schema] : [first.schema, second.schema]
  const changes = compareSchemas(oldSchema, newSchema)
  const count = (kind: ChangeKind) => changes.filter((change) => change.kind === kind).length
  return {
    ok: true,
    old: before,
    new: after,
    changes,
    changeCounts: { silent: count('silent'), breaks: count('breaks'), safe: count('safe') },
  }
}
