import type { Schema } from '../../schema/model.ts'
import { showJsonSchema } from '../../schema/show/json-schema.ts'
import { showRust } from '../../schema/show/rust/show-rust.ts'
import { selectTypes } from '../../schema/show/select-types.ts'
import { showTypeScript } from '../../schema/show/typescript.ts'

/** The functions that render a schema, by notation. */
const renderers = { rust: showRust, 'json-schema': showJsonSchema, ts: showTypeScript }
export type SchemaNotation = keyof typeof renderers

export type ShownSchema =
  | {
      readonly ok: true
      readonly topic: string
      /** The type that is shown first. It refers to the other types. */
      readonly root: string
      /** The names of all types that are shown. */
      readonly types: readonly string[]
      /** Source text, or a JSON Schema as an object. */
      readonly shown: string | object
    }
  | { readonly ok: false; readonly reason: string }

interface ShowRequest {
  readonly as: SchemaNotation
  /** The part to show: a type, a variant or an event type. Default: the whole schema. */
  readonly name?: string | undefined
  /** The command that a TypeScript module names in its first comment, so that readers know how to generate it again. */
  readonly writtenBy: string
}

/** Renders a schema, or only the part for one type, variant or event type, as Rust, JSON Schema or TypeScript. */
export function showSchema(schema: Schema, { as, name, writtenBy }: ShowRequest): ShownSchema {
  const selected = selectTypes(schema, name)
  if (!selected.ok) return selected
  const { selection } = selected
  const { topic, root, types } = selection
  return { ok: true, topic, root, types: [...types.keys()], shown: renderers[as](selection, writtenBy) }
}
