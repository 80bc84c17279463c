import type { Schema } from '../../schema/model.ts'
import { showJsonSchema } from '../../schema/show/json-schema.ts'
import { showRust } from '../../schema/show/rust.ts'
import { selectTypes } from '../../schema/show/select-types.ts'
import { showTypeScript } from '../../schema/show/typescript.ts'

const show = { rust: showRust, 'json-schema': showJsonSchema, ts: showTypeScript }
export type SchemaNotation = keyof typeof show

export type ShownSchema =
  | {
      readonly ok: true
      readonly topic: string
      /** The type shown first, which refers to the others. */
      readonly root: string
      readonly types: readonly string[]
      /** Source text, or a JSON Schema as an object. */
      readonly shown: string | object
    }
  | { readonly ok: false; readonly reason: string }

interface Show {
  readonly as: SchemaNotation
  /** A type, a variant or an event type. Default: the whole schema. */
  readonly name?: string | undefined
  /** What a TypeScript module names as its origin, so that readers know how to write it again. */
  readonly writtenBy: string
}

/** Writes a schema, or a part of it, in a notation. */
export function showSchema(schema: Schema, { as, name, writtenBy }: Show): ShownSchema {
  const selected = selectTypes(schema, name)
  if (!selected.ok) return selected
  const { selection } = selected
  const { topic, root, types } = selection
  return { ok: true, topic, root, types: [...types.keys()], shown: show[as](selection, writtenBy) }
}
