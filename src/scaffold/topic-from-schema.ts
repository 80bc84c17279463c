import type { Fields, Schema } from '../schema/model.ts'
import { formatType } from '../schema/type-text.ts'
import { commandOf } from './command-name.ts'
import type { KnownAction, KnownTopic } from './known-topic.ts'
import { fromRust } from './known-types.ts'
import { isSameName, parseName, spellings } from './name.ts'

/**
 * A topic as its schema has it: the variants that are events, and those that are called as their commands would be.
 * Variants of an enum inside another, and names that are no words, are left out.
 */
export function topicFromSchema({ topic, root, events, types }: Schema, file: string): KnownTopic {
  const type = types.get(root)
  const variants = type?.kind === 'enum' ? type.variants : []
  const isEvent = new Set(events.values())
  const known = variants.flatMap(({ name, fields }) => actionOf(name, fields) ?? [])
  const said = known.filter(({ name }) => isEvent.has(spellings.pascal(name)))
  const wanted = said.flatMap(({ name }) => commandOf(name) ?? [])
  const commands = known.filter(({ name }) => wanted.some((one) => isSameName(one, name)))
  return { topic, events: said, commands, schema: file, source: file }
}

function actionOf(text: string, fields: Fields): KnownAction | undefined {
  const name = parseName(text)
  if (name === undefined || spellings.pascal(name) !== text) return undefined
  const own = fields.kind === 'fields' ? fields.fields : []
  return { name, fields: own.map((field) => ({ name: field.name, type: fromRust(formatType(field.type)) })) }
}
