import type { Fields, Schema } from '../schema/model.ts'
import { formatType } from '../schema/type-text.ts'
import { commandOf } from './command-name.ts'
import type { KnownAction, KnownField, KnownTopic } from './known-topic.ts'
import { fromRust } from './known-types.ts'
import { isSameName, parseName, spellings } from './name.ts'
import { literalOf } from './typescript-lines.ts'

type Example = Readonly<Record<string, unknown>>
/** Of variants, by their names. */
type Examples = ReadonlyMap<string, Example>

/**
 * A topic as its schema has it: the variants that are events, and those that are called as their commands would be.
 * Variants of an enum inside another, and names that are no words, are left out.
 */
export function topicFromSchema(
  { topic, root, events, types }: Schema,
  file: string,
  examples: Examples = new Map(),
): KnownTopic {
  const type = types.get(root)
  const variants = type?.kind === 'enum' ? type.variants : []
  const isEvent = new Set(events.values())
  const known = variants.flatMap(({ name, fields }) => actionOf(name, fields, examples.get(name)) ?? [])
  const said = known.filter(({ name }) => isEvent.has(spellings.pascal(name)))
  const wanted = said.flatMap(({ name }) => commandOf(name) ?? [])
  const commands = known.filter(({ name }) => wanted.some((one) => isSameName(one, name)))
  return { topic, events: said, commands, schema: file, source: file }
}

function actionOf(text: string, fields: Fields, example: Example | undefined): KnownAction | undefined {
  const name = parseName(text)
  if (name === undefined || spellings.pascal(name) !== text) return undefined
  const own = fields.kind === 'fields' ? fields.fields : []
  return {
    name,
    fields: own.map((field) => {
      const type = fromRust(formatType(field.type))
      const value = example?.[field.name]
      return { name: field.name, type: value === undefined ? type : withExample(type, value) }
    }),
  }
}

/** Bincode takes nothing for nothing: where a value has to be replaced, one stands that can be written meanwhile. */
function withExample(type: KnownField['type'], value: unknown): KnownField['type'] {
  const ts = literalOf(value)
  return { ...type, example: { ...type.example, ts }, empty: { ...type.empty, ts } }
}
