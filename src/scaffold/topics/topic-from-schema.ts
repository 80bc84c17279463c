import type { Fields, Schema } from '../../schema/model.ts'
import { formatType } from '../../schema/type-text.ts'
import { commandOf } from '../events/command-name.ts'
import { isFailure } from '../events/events.ts'
import { type Role, roleOf } from '../events/roles.ts'
import { literalOf } from '../layout/typescript-lines.ts'
import { isSameName, parseName, spellings } from '../name.ts'
import type { KnownAction, KnownField, KnownTopic } from './topic.ts'
import { fromRust } from './topic-types.ts'

type Example = Readonly<Record<string, unknown>>
/** Of variants, by their names. */
type Examples = ReadonlyMap<string, Example>

interface Options {
  readonly examples?: Examples | undefined
  /** What variants are, by their names, where the source does not say. */
  readonly roles?: ReadonlyMap<string, Role> | undefined
}

/**
 * A topic as its schema has it: the variants that are events, and those that are called as their commands would be.
 * Variants of an enum inside another, and names that are not words, are left out. An enum that marks neither, so that every
 * variant has an event type, is told apart by names and by `roles`; what remains is `unclear`.
 */
export function topicFromSchema(
  { topic, root, events, types }: Schema,
  file: string,
  { examples = new Map(), roles = new Map() }: Options = {},
): KnownTopic {
  const type = types.get(root)
  const variants = type?.kind === 'enum' ? type.variants : []
  const isEvent = new Set(events.values())
  const known = variants.flatMap(({ name, fields }) => actionOf(name, fields, examples.get(name)) ?? [])
  const said = known.filter(({ name }) => isEvent.has(spellings.pascal(name)))
  const from = { topic, schema: file, source: file }
  if (said.length < known.length) {
    const wanted = said.flatMap(({ name }) => commandOf(name) ?? [])
    const commands = known.filter(({ name }) => wanted.some((one) => isSameName(one, name)))
    return { ...from, events: said, commands }
  }
  const names = known.map(({ name }) => name)
  const isOfEvents = /Events?$/.test(root)
  const told = known.map((action) => {
    const { name } = action
    const byName = isOfEvents ? (isFailure(name) ? 'failure' : 'event') : roleOf(name, names)
    return { action, role: roles.get(spellings.pascal(name)) ?? byName }
  })
  return {
    ...from,
    events: told.flatMap(({ action, role }) =>
      role === 'failure' ? { ...action, isFailure: true } : role === 'event' ? action : [],
    ),
    commands: told.flatMap(({ action, role }) => (role === 'command' ? action : [])),
    unclear: told.flatMap(({ action, role }) => (role === undefined ? spellings.pascal(action.name) : [])),
  }
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
