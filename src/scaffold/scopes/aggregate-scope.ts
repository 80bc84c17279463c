import type { NamedType, Schema, Type } from '../../schema/model.ts'
import { writeSchemaFile } from '../../schema/write-schema-file.ts'
import type { DomainEvent, Failure, Field } from '../events/events.ts'
import { typeScope } from '../events/field-types.ts'
import { type StatusRule, statusQuestion, statusRules } from '../events/status-rules.ts'
import { importOf, listOf, unionOf } from '../layout/typescript-lines.ts'
import { isSameName, type Name, spellings } from '../name.ts'
import type { Scope } from '../template/scope.ts'
import { TODO_IMPORT, todoComment, todoInRust, todoInTypeScript } from '../template/todo.ts'

/** An aggregate to generate. */
export interface Aggregate {
  readonly name: Name
  /** The field that identifies an aggregate. */
  readonly id: Field
  readonly events: readonly DomainEvent[]
}

/** Returns everything that the templates of an aggregate can name; `templates/README.md` lists it. */
export function aggregateScope({ name, id, events }: Aggregate): Scope {
  const rules = statusRules(events)
  const scopes = events.map((event, index) => eventScope(name, event, id, rules[index - 1]))
  const pascal = spellings.pascal(name)
  const all = events.flatMap((event) => [event, ...event.failures])
  const refusing = events.filter(({ failures }) => failures.length > 0)
  // Some commands are refused without an event that reports the failure.
  const refusesPlainly = refusing.length < events.length
  const typesOf = (named: readonly { readonly name: Name }[]) => named.map((one) => spellings.pascal(one.name))
  const commands = events.map(({ command }) => spellings.pascal(command))
  // Whether sample values use the parameter `number`.
  const isNumbered = [id, ...(events[0]?.fields ?? [])].some(({ name: field, type }) =>
    sampleOf(field, type.name).includes('number'),
  )
  const ofRefusing = (prefix: string) => refusing.map(({ command }) => `${prefix}${spellings.pascal(command)}`)
  return {
    id: {
      ...fieldScope(id),
      is_empty_rust: `${spellings.snake(id.name)}.${id.type.name === 'uuid' ? 'is_nil' : 'is_empty'}()`,
    },
    creation: scopes[0],
    changes: scopes.slice(1).map((scope, index) => ({
      ...scope,
      limit_tests_ts: limitTests(name, events[0] as DomainEvent, events[index + 1] as DomainEvent, id),
    })),
    failures: events.flatMap((event) => event.failures.map((failure) => failureScope(failure, event, id))),
    refusing: scopes.filter((_, index) => events[index]?.failures.length),
    refuses_plainly: refusesPlainly,
    todos: refusing.some((event) => ownFields(event).some((field) => field !== reasonOf(event))),
    all: all.map((event) => ({ name: event.name, fields: fieldScopes(event.fields, id) })),
    ts: {
      crbus_import: `import { type Aggregate, append, publish, type Reducer${refusesPlainly ? ', reject' : ''} } from 'crbus'`,
      todo_import: TODO_IMPORT,
      sample_parameter: isNumbered ? 'number: number' : '',
      sample_argument: isNumbered ? 'number' : '',
      commands: unionOf(`${pascal}Command`, commands),
      events: unionOf(`${pascal}Event`, typesOf(all)),
      statuses: unionOf(
        `${pascal}Status`,
        ['new', ...typesOf(events)].map((status) => `'${status}'`),
      ),
      rules: importOf(
        'import',
        ['isDone', 'whyNotNow', ...ofRefusing('whyNot'), ...ofRefusing('refuse')],
        './rules.ts',
      ),
      rule_imports: importOf(
        'import type',
        [
          ...[`${pascal}Command`, `${pascal}Status`],
          ...refusing.flatMap(({ command, failures }) => [spellings.pascal(command), ...typesOf(failures.slice(0, 1))]),
        ],
        './actions.ts',
      ),
      test_imports: importOf(
        'import type',
        [
          ...['Action', 'Command', 'Event', 'Status'].map((last) => `${pascal}${last}`),
          ...commands,
          ...typesOf(events),
        ],
        `../src/${spellings.kebab(name)}/actions.ts`,
      ),
    },
  }
}

/** Returns what templates can name about an event and its command. The event that creates the aggregate has no `rule`. */
function eventScope(aggregate: Name, event: DomainEvent, id: Field, rule: StatusRule | undefined): Scope {
  const [failure] = event.failures
  const limited = limitedOf(event, id)
  const field = spellings.snake((limited ?? id).name)
  const command = spellings.pascal(event.command)
  const quoted = rule?.follows.map((name) => `'${spellings.pascal(name)}'`) ?? []
  const limitQuestion = `0 to 100_000 is an example; which ${field} may ${command} have?`
  return {
    name: event.name,
    command: event.command,
    fields: event.fields.filter(({ name }) => !isSameName(name, id.name)).map(fieldScope),
    failures: event.failures.map((one) => failureScope(one, event, id)),
    failure: failure && failureScope(failure, event, id),
    limited: limited && fieldScope(limited),
    limit_question: `  ${todoComment(limitQuestion)}`,
    why_ts: failure === undefined ? '' : ` ?? whyNot${command}(action)`,
    follows: rule?.follows.map((name) => ({ name })) ?? [],
    follows_question: rule?.isGuess ? `  ${todoComment(statusQuestion(event, rule))}` : '',
    follows_ts: listOf(command, quoted),
    expected_follows_ts: listOf('follows', quoted, 2),
    follows_question_rust: rule?.isGuess ? `    ${todoComment(statusQuestion(event, rule))}` : '',
    refusal_rust: failure === undefined ? 'let' : 'let mut',
    limit_question_rust: `${' '.repeat(16)}${todoComment(limitQuestion)}`,
    limits_rust: limited && limitsInRust(limited),
    limit_rust: limited && limitInRust(limited, limitQuestion),
    refused_commands_rust: refusedCommands(aggregate, event, id),
    accepted_commands_rust: acceptedCommands(aggregate, event, id),
  }
}

/** Returns the lines of a test for the limits of a change: values just outside are refused, and the limits are accepted. */
function limitTests(aggregate: Name, creation: DomainEvent, change: DomainEvent, id: Field): string {
  const limited = limitedOf(change, id)
  if (limited === undefined) return ''
  const field = spellings.snake(limited.name)
  const [subject, before, event, command] = [
    `${spellings.camel(aggregate)}Aggregate`,
    ...[creation.name, change.name, change.command].map(spellings.camel),
  ]
  return [
    `    expectRefused({ ...${command}, ${field}: -1 }, '${field} is not from 0 to 100000')`,
    `    expectRefused({ ...${command}, ${field}: 100_001 }, '${field} is not from 0 to 100000')`,
    `    for (const ${field} of [0, 100_000]) {`,
    `      const outcome = given(${subject}, [${before}]).when({ ...${command}, ${field} })`,
    `      outcome.expectEvents([{ ...${event}, ${field} }])`,
    '    }',
  ].join('\n')
}

const limitsInRust = ({ type }: Field): string => (type.rust === 'f64' ? '0.0..=100_000.0' : '0..=100_000')

/** Returns the check of a field's limits, for an arm of the Rust reducer. */
function limitInRust(limited: Field, question: string): string {
  const field = spellings.snake(limited.name)
  return [
    todoComment(question),
    `if !(${limitsInRust(limited)}).contains(&${field}) {`,
    `    let why = "${field} is not from 0 to 100000";`,
    '    refusal.get_or_insert_with(|| why.to_string());',
    '}',
  ]
    .map((line) => `${' '.repeat(16)}${line}`)
    .join('\n')
}

/** Returns the list of refused commands with their reasons, for a Rust test. */
function refusedCommands(aggregate: Name, event: DomainEvent, id: Field): string {
  const limited = limitedOf(event, id)
  const refused = (indent: string, changed: Field, value: string, reason: string): string => {
    const command = commandInRust(aggregate, event, id, { changed, value, indent: `${indent}    ` })
    return `(\n${indent}    ${command},\n${indent}    "${spellings.snake(changed.name)} ${reason}",\n${indent})`
  }
  if (limited === undefined) return `    let refused = [${refused('    ', id, id.type.empty.rust, 'is empty')}];`
  const all = [
    refused('        ', id, id.type.empty.rust, 'is empty'),
    refused('        ', limited, numberInRust(limited, '-1'), 'is not from 0 to 100000'),
    refused('        ', limited, numberInRust(limited, '100_001'), 'is not from 0 to 100000'),
  ]
  return ['    let refused = [', ...all.map((text) => `        ${text},`), '    ];'].join('\n')
}

/** Returns the list of commands at the limits of their rule, for a Rust test. */
function acceptedCommands(aggregate: Name, event: DomainEvent, id: Field): string {
  const limited = limitedOf(event, id)
  if (limited === undefined) return ''
  const all = ['0', '100_000'].map((limit) => {
    const value = numberInRust(limited, limit)
    return commandInRust(aggregate, event, id, { changed: limited, value, indent: '        ' })
  })
  return ['    let accepted = [', ...all.map((text) => `        ${text},`), '    ];'].join('\n')
}

/** A field of a command whose value differs from its example. */
interface CommandChange {
  readonly changed: Field
  readonly value: string
  readonly indent: string
}

/** Returns a Rust command with example values in all fields except one. */
function commandInRust(
  aggregate: Name,
  event: DomainEvent,
  id: Field,
  { changed, value, indent }: CommandChange,
): string {
  const others = event.fields.filter(({ name }) => !isSameName(name, id.name))
  return [
    `${spellings.pascal(aggregate)}Action::${spellings.pascal(event.command)} {`,
    ...[id, ...others].map((field) => {
      const isChanged = isSameName(field.name, changed.name)
      return `${indent}    ${spellings.snake(field.name)}: ${isChanged ? value : field.type.example.rust},`
    }),
    `${indent}}`,
  ].join('\n')
}

const numberInRust = ({ type }: Field, value: string): string => (type.rust === 'f64' ? `${value}.0` : value)

/** Returns the field whose limits the generated example rule checks: the first number. */
const limitedOf = ({ fields }: DomainEvent, id: Field): Field | undefined =>
  fields.find(({ name, type }) => type.ts === 'number' && !isSameName(name, id.name))

/** Returns the fields of the first failure that the command does not have. */
const ownFields = ({ failures, fields }: DomainEvent): readonly Field[] =>
  failures[0]?.fields.filter((field) => !hasField(fields, field)) ?? []

/** Words in the name of a field for the reason of a refusal. */
const reasonWords = new Set(['reason', 'why', 'because', 'cause', 'message', 'note', 'details'])

/** Returns the field of a failure for the reason: by its name, or the only text field that the command does not have. */
function reasonOf(event: DomainEvent): Field | undefined {
  const texts = ownFields(event).filter(({ type }) => type.name === 'string')
  const named = texts.find(({ name }) => name.words.some((word) => reasonWords.has(word)))
  return named ?? (texts.length === 1 ? texts[0] : undefined)
}

/** Returns what templates can name about a failure. */
function failureScope({ name, fields }: Failure, event: DomainEvent, id: Field): Scope {
  const reasonField = reasonOf(event)
  const scopes = (of: readonly Field[]) =>
    of
      .filter((field) => !isSameName(field.name, id.name))
      .map((field) => {
        const snake = spellings.snake(field.name)
        const question = `which ${snake} does ${spellings.pascal(name)} have?`
        const line = snake === 'reason' ? '  reason,' : `  ${snake}: reason,`
        return {
          ...fieldScope(field),
          shared_line_ts: `  ${snake}: command.${snake},`,
          refused_line_ts: field === reasonField ? line : `  ${snake}: ${todoInTypeScript(question, field.type.ts)},`,
          expected_line_ts: field === reasonField ? line : `  ${snake}: expect.anything(),`,
          refused_rust: field === reasonField ? 'refusal' : todoInRust(question),
        }
      })
  const hasReason = reasonField !== undefined
  return {
    name,
    command: event.command,
    fields: scopes(fields),
    shared: scopes(fields.filter((field) => hasField(event.fields, field))),
    own: scopes(fields.filter((field) => !hasField(event.fields, field))),
    parameters_ts: `(command: ${spellings.pascal(event.command)}${hasReason ? ', reason: string' : ''})`,
    arguments_ts: hasReason ? '(action, reason)' : '(action)',
    is_told: hasReason,
    is_refused_rust: hasReason ? 'let Some(refusal) = refusal' : 'refusal.is_some()',
    expected_parameters_ts: hasReason ? '(command, reason)' : '(command)',
  }
}

/** Whether one of the fields has the same name and type. */
const hasField = (fields: readonly Field[], { name, type }: Field): boolean =>
  fields.some((field) => isSameName(field.name, name) && field.type === type)

/** Returns the scopes of all fields except the id, which templates name separately. */
const fieldScopes = (fields: readonly Field[], id: Field): readonly Scope[] =>
  fields.filter(({ name }) => !isSameName(name, id.name)).map(fieldScope)

/** Returns what templates can name about a field. */
function fieldScope({ name, type }: Field): Scope {
  return {
    name,
    ...typeScope(type),
    sample_ts: sampleOf(name, type.name),
  }
}

/** Returns an expression for a sample value, which varies with the `number` of the sample. */
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
      // Cents, from 5.00 to 1505.00. A third of the values exceeds the limit of the example rule.
      return '500 + ((number * 49_000) % 150_000)'
    case 'bool':
      return 'number % 2 === 0'
    default:
      return 'new Date().toISOString()'
  }
}

/** Returns the schema file for the topic of events. Its enum has the commands and then the events, as in Rust services. */
export function schemaOf(aggregate: Aggregate): string {
  const names = eventsIn(aggregate).map(({ name }) => spellings.pascal(name))
  return schemaFile(aggregate, 'events', names)
}

/** Returns the schema file for the topic of commands, with the same enum. */
export function commandSchemaOf(aggregate: Aggregate): string {
  const names = aggregate.events.map(({ command }) => spellings.pascal(command))
  return schemaFile(aggregate, 'commands', names)
}

const eventsIn = ({ events }: Aggregate) => events.flatMap((event) => [event, ...event.failures])

/** Returns a schema file. `names` has the variants that are sent on the topic. */
function schemaFile(aggregate: Aggregate, topic: 'events' | 'commands', names: readonly string[]): string {
  const { name, id, events } = aggregate
  const variant = (of: Name, fields: readonly Field[]) => ({
    name: spellings.pascal(of),
    fields: {
      kind: 'fields' as const,
      // The id comes first, as in the templates.
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
