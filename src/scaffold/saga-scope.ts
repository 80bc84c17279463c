import type { KnownAction, KnownField, Step } from './known-topic.ts'
import { isSameName, type Name, parseName, spellings } from './name.ts'
import { ScaffoldRefused } from './refused.ts'
import type { Scope, Value } from './scope.ts'
import { listOf, unionOf } from './typescript-lines.ts'

export interface SagaPlan {
  readonly name: Name
  readonly steps: readonly [Step, ...Step[]]
}

/** What the templates of a saga can name; `templates/README.md` lists it. */
export function sagaScope({ name, steps }: SagaPlan): Scope {
  refuseTwins(name, steps)
  const sourceOf = sourceIn(steps)
  const facts = factsOf(steps, sourceOf)
  const known: Known = { facts, sourceOf }
  const scopes = steps.map((step, index) => stepScope(step, index === 0, known))
  const pascal = spellings.pascal(name)
  const heard = steps.flatMap(heardBy)
  const asked = steps.flatMap((step, index) => [
    ...(index === 0 ? [] : [step.ask]),
    ...(step.undo === undefined ? [] : [step.undo.command]),
  ])
  const schemas = steps.flatMap(({ schema }) => schema ?? [])
  const quoted = (texts: readonly string[]) => texts.map((text) => `'${text}'`)
  return {
    start: scopes[0],
    later: scopes.slice(1),
    steps: scopes,
    facts: facts.map(fieldScope),
    events: heard.map((event) => eventScope(event, facts)),
    others: othersOf(steps).map((event) => eventScope(event, facts)),
    /** Of topics without a schema. */
    plain: steps.flatMap((step) =>
      step.schema === undefined ? heardBy(step).map((event) => eventScope(event, facts)) : [],
    ),
    asked: asked.map((command) => commandScope(command, sourceOf)),
    schemas: schemas.map((file) => ({ file })),
    ts: {
      actions: unionOf(`export type ${pascal}Action =`, [
        ...heard.map((event) => spellings.pascal(event.name)),
        `${pascal}TimedOut`,
      ]),
      commands: unionOf(
        `export type ${pascal}Command =`,
        asked.map((command) => spellings.pascal(command.name)),
      ),
      steps: unionOf(`export type ${pascal}Step =`, quoted(steps.map(({ aggregate }) => spellings.camel(aggregate)))),
      topics: listOf('  topics: ,', quoted(steps.map(({ topic }) => topic)), '  '),
      asked_topics: listOf('  sends: ,', quoted(askedTopics(steps)), '  '),
    },
  }
}

/** Topics that get commands: all later ones, and the first where it is taken back. */
const askedTopics = ([start, ...later]: SagaPlan['steps']): readonly string[] =>
  // What only takes back leads nobody: the first aggregate gets its commands from elsewhere.
  later.length === 0 ? [start.commands] : later.map(({ commands }) => commands)

/** Every event of a topic is known to the saga, though not each has consequences. */
const heardBy = ({ done, failures, undo, others }: Step): readonly KnownAction[] => [
  done,
  ...failures,
  ...(undo === undefined ? [] : [undo.event]),
  ...others,
]

/** Events without consequences; the first step's failures are among them, since nothing has begun then. */
const othersOf = ([start, ...later]: SagaPlan['steps']): readonly KnownAction[] => [
  ...start.others,
  ...start.failures,
  ...later.flatMap(({ others }) => others),
]

function refuseTwins(name: Name, steps: SagaPlan['steps']): void {
  const all = steps.flatMap((step, index) => [
    ...heardBy(step),
    ...(index === 0 ? [] : [step.ask]),
    ...(step.undo === undefined ? [] : [step.undo.command]),
  ])
  const own = ['timed-out', 'completed', 'failed', 'facts', 'step', 'action', 'command', 'state'].map((last) => ({
    words: [...name.words, ...last.split('-')],
  }))
  for (const [index, { name: one }] of all.entries()) {
    const isTwice = all.slice(0, index).some((other) => isSameName(other.name, one))
    if (!isTwice && !own.some((other) => isSameName(other, one))) continue
    throw new ScaffoldRefused(`two things of this saga would be called ${spellings.pascal(one)}`, [
      isTwice ? '--on with topics whose events have different names' : 'another name for the saga',
    ])
  }
}

/** A field of a command, and the field of an event that its value is. */
type Source = (field: KnownField) => KnownField | undefined

/**
 * The field of that name. Else a guess, from the event that began: an amount is its amount, when it has one, and an id of
 * what does not exist yet is its id.
 */
function sourceIn(steps: SagaPlan['steps']): Source {
  const begun = steps[0].done.fields
  const told = [...begun, ...steps.flatMap(heardBy).flatMap(({ fields }) => fields)]
  const numbers = begun.filter(({ type }) => type.ts === 'number')
  const isId = ({ name, type }: KnownField) => type.ts === 'string' && (type.name === 'uuid' || name.endsWith('_id'))
  return (field) => {
    if (isReason(field)) return undefined
    const same = told.find(({ name, type }) => name === field.name && type.ts === field.type.ts)
    if (same !== undefined) return same
    if (field.type.ts === 'number') return numbers.length === 1 ? numbers[0] : undefined
    return isId(field) ? begun.find(isId) : undefined
  }
}

/** Fields that commands are made of and events tell: what the saga has to remember. */
function factsOf(steps: SagaPlan['steps'], sourceOf: Source): readonly KnownField[] {
  const facts = new Map<string, KnownField>()
  for (const [index, { ask, undo }] of steps.entries()) {
    for (const field of [...(index === 0 ? [] : ask.fields), ...(undo?.command.fields ?? [])]) {
      const source = sourceOf(field)
      if (source !== undefined && !facts.has(source.name)) facts.set(source.name, source)
    }
  }
  return [...facts.values()]
}

/** It says why. */
const isReason = ({ name, type }: KnownField): boolean => name === 'reason' && type.ts === 'string'

interface Known {
  readonly facts: readonly KnownField[]
  readonly sourceOf: Source
}

function stepScope(step: Step, isStart: boolean, { facts, sourceOf }: Known): Scope {
  const { aggregate, topic, commands, done, ask, failures, undo, others } = step
  const scopes = isStart ? [] : failures.map((failure) => eventScope(failure, facts))
  return {
    name: aggregate,
    topic,
    commands,
    topic_ts: `'${topic}'`,
    commands_ts: `'${commands}'`,
    done: eventScope(done, facts),
    ask: commandScope(ask, sourceOf),
    failures: scopes,
    failure: scopes[0],
    others: others.map((event) => eventScope(event, facts)),
    undo: undo && { event: eventScope(undo.event, facts), command: commandScope(undo.command, sourceOf) },
  }
}

/** Of an event the saga needs what it remembers, and why it failed. */
function eventScope({ name, fields }: KnownAction, facts: readonly KnownField[]): Scope {
  const isFact = (field: KnownField) => facts.some((fact) => fact.name === field.name && fact.type.ts === field.type.ts)
  const tells = fields.filter(isFact).map((field) => `${field.name}: action.${field.name}`)
  return {
    name,
    fields: fields.filter((field) => isFact(field) || isReason(field)).map(fieldScope),
    tells: fields.filter(isFact).map(fieldScope),
    tells_ts: tells.length === 0 ? '{}' : `{ ${tells.join(', ')} }`,
    reason_ts: fields.some(isReason) ? 'action.reason' : 'action.type',
    has_reason: fields.some(isReason),
  }
}

function commandScope({ name, fields }: KnownAction, sourceOf: Source): Scope {
  const scopes = fields.map((field) => ({ ...fieldScope(field), ...valueScope(field, sourceOf) }))
  const needsState = scopes.some(({ is_told }) => is_told)
  return { name, fields: scopes, params_ts: needsState ? '(state)' : '()' }
}

/** `is_told`: an event tells it. Otherwise it is a value to be replaced. */
function valueScope(field: KnownField, sourceOf: Source) {
  const place = isReason(field) ? 'reason' : sourceOf(field) && `facts.${sourceOf(field)?.name}`
  return place === undefined
    ? { value_ts: field.type.empty.ts, value_rust: field.type.empty.rust, is_told: false }
    : { value_ts: `state.${place}`, value_rust: `state.${place}.clone()`, is_told: true }
}

function fieldScope({ name, type }: KnownField): Scope {
  const parsed = parseName(name)
  // Words only where its spelling is that of Rust: a field keeps the name its service gave it.
  const spelled: Value = parsed !== undefined && spellings.snake(parsed) === name ? parsed : name
  return {
    name: spelled,
    type: type.name,
    ts: type.ts,
    rust: type.rust,
    example_ts: type.example.ts,
    example_rust: type.example.rust,
    empty_ts: type.empty.ts,
    empty_rust: type.empty.rust,
  }
}
