import type { NamedType, Schema, Type } from '../schema/model.ts'
import { writeSchemaFile } from '../schema/schema-file.ts'
import type { DomainEvent, Failure, Field } from './events.ts'
import { typeScope } from './field-types.ts'
import { isSameName, type Name, spellings } from './name.ts'
import type { Scope } from './scope.ts'
import { importOf, unionOf } from './typescript-lines.ts'

export interface Aggregate {
  readonly name: Name
  readonly id: Field
  readonly events: readonly DomainEvent[]
}

/** What the templates of an aggregate can name; `templates/README.md` lists it. */
export function aggregateScope({ name, id, events }: Aggregate): Scope {
  const scopes = events.map((event) => eventScope(event, id))
  const pascal = spellings.pascal(name)
  const all = events.flatMap((event) => [event, ...event.failures])
  const refusing = events.filter(({ failures }) => failures.length > 0)
  const typesOf = (named: readonly { readonly name: Name }[]) => named.map((one) => spellings.pascal(one.name))
  const commands = events.map(({ command }) => spellings.pascal(command))
  const isNumbered = [id, ...(events[0]?.fields ?? [])].some(({ name: field, type }) =>
    sampleOf(field, type.name).includes('number'),
  )
  return {
    id: fieldScope(id),
    creation: scopes[0],
    changes: scopes.slice(1),
    failures: events.flatMap((event) => event.failures.map((failure) => failureScope(failure, event, id))),
    refusing: scopes.filter((_, index) => events[index]?.failures.length),
    all: all.map((event) => ({ name: event.name, fields: fieldScopes(event.fields, id) })),
    ts: {
      sample_parameter: isNumbered ? 'number: number' : '',
      sample_argument: isNumbered ? 'number' : '',
      commands: unionOf(`${pascal}Command`, commands),
      events: unionOf(`${pascal}Event`, typesOf(all)),
      rules: importOf(
        'import',
        refusing.map(({ command }) => `whyNot${spellings.pascal(command)}`),
        './rules.ts',
      ),
      rule_imports: importOf(
        'import type',
        refusing.flatMap(({ command, failures }) => [spellings.pascal(command), ...typesOf(failures.slice(0, 1))]),
        './actions.ts',
      ),
      test_imports: importOf(
        'import type',
        [`${pascal}Action`, ...commands, ...typesOf(events)],
        `../src/${spellings.kebab(name)}/actions.ts`,
      ),
    },
  }
}

function eventScope(event: DomainEvent, id: Field): Scope {
  const [failure] = event.failures
  const limited = limitedOf(event, id)
  const field = spellings.snake((limited ?? id).name)
  const pascal = spellings.pascal(event.command)
  const outcome = `{ ...action, type: '${spellings.pascal(event.name)}' }`
  return {
    name: event.name,
    command: event.command,
    fields: event.fields
      .filter(({ name }) => !isSameName(name, id.name))
      .map((one) => ({ ...fieldScope(one), refused_rust: one === limited ? tooMuch(one) : one.type.example.rust })),
    failures: event.failures.map((one) => failureScope(one, event, id)),
    failure: failure && failureScope(failure, event, id),
    limited: limited && fieldScope(limited),
    decides_ts: failure === undefined ? outcome : `whyNot${pascal}(action) ?? ${outcome}`,
    passes_ts:
      limited === undefined
        ? `command.${field} !== ''`
        : `command.${field} <= MOST_${spellings.screaming(limited.name)}`,
    refused_ts: limited === undefined ? `${field}: ''` : `${field}: 100_001`,
    refuses_rust:
      limited === undefined
        ? `${field}.${id.type.name === 'uuid' ? 'is_nil' : 'is_empty'}()`
        : `${field} > ${limited.type.rust === 'f64' ? '100_000.0' : '100_000'}`,
    refused_id_rust: limited === undefined ? id.type.empty.rust : id.type.example.rust,
  }
}

const tooMuch = ({ type }: Field): string => (type.rust === 'f64' ? '100_001.0' : '100_001')

/** The field the sample rule looks at: the first that is a number. */
const limitedOf = ({ fields }: DomainEvent, id: Field): Field | undefined =>
  fields.find(({ name, type }) => type.ts === 'number' && !isSameName(name, id.name))

function failureScope({ name, fields }: Failure, event: DomainEvent, id: Field): Scope {
  const limited = limitedOf(event, id)
  const reason =
    limited === undefined ? `${spellings.snake(id.name)} is empty` : `${spellings.snake(limited.name)} is too much`
  const scopes = (of: readonly Field[]) =>
    fieldScopes(of, id).map((field) => ({
      ...field,
      refused_ts: field.type === 'string' ? `'${reason}'` : field.example_ts,
      refused_rust: field.type === 'string' ? `"${reason}".to_string()` : field.example_rust,
    }))
  return {
    name,
    command: event.command,
    fields: scopes(fields),
    shared: scopes(fields.filter((field) => has(event.fields, field))),
    own: scopes(fields.filter((field) => !has(event.fields, field))),
  }
}

const has = (fields: readonly Field[], { name, type }: Field): boolean =>
  fields.some((field) => isSameName(field.name, name) && field.type === type)

/** All but the id, which every template has in a place of its own. */
const fieldScopes = (fields: readonly Field[], id: Field): readonly Scope[] =>
  fields.filter(({ name }) => !isSameName(name, id.name)).map(fieldScope)

function fieldScope({ name, type }: Field): Scope {
  return {
    name,
    ...typeScope(type),
    sample_ts: sampleOf(name, type.name),
  }
}

/** Values that differ from one sample to the next: an expression of its `number`. */
function sampleOf(name: Name, type: string): string {
  switch (type) {
    case 'string':
      return `\`${spellings.kebab({ words: name.words.filter((word) => word !== 'id') })}-\${number}\``
    case 'uuid':
      return 'crypto.randomUUID()'
    case 'int':
      return 'number'
    case 'number':
      return 'number / 2'
    case 'money':
      // From 5.00 to 1505.00, of which a third is above what the sample rule lets pass.
      return '500 + ((number * 49_000) % 150_000)'
    case 'bool':
      return 'number % 2 === 0'
    default:
      return 'new Date().toISOString()'
  }
}

/** The schema of an aggregate's events as Rust would write them: one enum, the commands and then the events. */
export function schemaOf(aggregate: Aggregate): string {
  const names = eventsIn(aggregate).map(({ name }) => spellings.pascal(name))
  return schemaFile(aggregate, 'events', names)
}

/** The same enum, of the topic of its commands. */
export function commandSchemaOf(aggregate: Aggregate): string {
  const names = aggregate.events.map(({ command }) => spellings.pascal(command))
  return schemaFile(aggregate, 'commands', names)
}

const eventsIn = ({ events }: Aggregate) => events.flatMap((event) => [event, ...event.failures])

function schemaFile(aggregate: Aggregate, topic: string, names: readonly string[]): string {
  const { name, id, events } = aggregate
  const variant = (of: Name, fields: readonly Field[]) => ({
    name: spellings.pascal(of),
    fields: {
      kind: 'fields' as const,
      // The id first, where the templates have it.
      fields: [id, ...fields.filter((field) => !isSameName(field.name, id.name))].map(
        (field): { name: string; type: Type } => ({ name: spellings.snake(field.name), type: field.type.schema }),
      ),
    },
  })
  const root = `${spellings.pascal(name)}Action`
  const type: NamedType = {
    kind: 'enum',
    at: '',
    variants: [
      ...events.map(({ command, fields }) => variant(command, fields)),
      ...eventsIn(aggregate).map((event) => variant(event.name, event.fields)),
    ],
  }
  const schema: Schema = {
    topic: `${spellings.kebab(name)}-${topic}`,
    root,
    events: new Map(names.map((variantName) => [`${variantName}.v1`, variantName])),
    types: new Map([[root, type]]),
  }
  return writeSchemaFile(schema)
}
