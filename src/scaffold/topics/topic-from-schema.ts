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
/** Example values by variant name. */
type Examples = ReadonlyMap<string, Example>

interface Options {
  readonly examples?: Examples | undefined
  /** The roles of variants by name, where the Rust source does not show them. */
  readonly roles?: ReadonlyMap<string, Role> | undefined
}

/**
 * Describes a topic by its schema: the variants that are events, and the variants with the names of their commands. Leaves out the
 * variants of nested enums, and names that do not consist of words. If every variant has an event type, event types do not tell events
 * from commands: then `roles` or the names of the variants decide, and the variants that they do not decide are `unclear`.
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
  const withEventType = known.filter(({ name }) => isEvent.has(spellings.pascal(name)))
  const from = { topic, schema: file, source: file }
  if (withEventType.length < known.length) {
    const wanted = withEventType.flatMap(({ name }) => commandOf(name) ?? [])
    const commands = known.filter(({ name }) => wanted.some((one) => isSameName(one, name)))
    return { ...from, events: withEventType, commands }
  }
  const names = known.map(({ name }) => name)
  const isOfEvents = /Events?$/.test(root)
  const classified = known.map((action) => {
    const { name } = action
    const byName = isOfEvents ? (isFailure(name) ? 'failure' : 'event') : roleOf(name, names)
    return { action, role: roles.get(spellings.pascal(name)) ?? byName }
  })
  return {
    ...from,
    events: classified.flatMap(({ action, role }) =>
      role === 'failure' ? { ...action, isFailure: true } : role === 'event' ? action : [],
    ),
    commands: classified.flatMap(({ action, role }) => (role === 'command' ? action : [])),
    unclear: classified.flatMap(({ action, role }) => (role === undefined ? spellings.pascal(action.name) : [])),
  }
}

/** Describes a variant; returns `undefined` if its name does not consist of words. */
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

/** Uses a sample as the example of a type, because bincode can only encode a valid value of the type. */
function withExample(type: KnownField['type'], value: unknown): KnownField['type'] {
  const ts = literalOf(value)
  return { ...type, example: { ...type.example, ts }, empty: { ...type.empty, ts } }
}
