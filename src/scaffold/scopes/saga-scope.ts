import { durationText } from '../../bus/time/duration.ts'
import { typeScope } from '../events/field-types.ts'
import { scaffoldHints } from '../hints.ts'
import { importOf, listOf, unionOf } from '../layout/typescript-lines.ts'
import { isSameName, type Name, parseName, spellings } from '../name.ts'
import { ScaffoldRefused } from '../refused.ts'
import type { Scope, Value } from '../template/scope.ts'
import { TODO_IMPORT, todoInRust, todoInTypeScript } from '../template/todo.ts'
import type { KnownAction, KnownField, Step } from '../topics/topic.ts'
import { chronoImport, convertedTo, durationFrom } from './rust-values.ts'
import { descriptionScope } from './saga-description.ts'

/** A saga to generate. */
export interface SagaPlan {
  readonly name: Name
  /** Time limit of a step, in milliseconds. Absent if the template does not ask for it. */
  readonly timeout: number | undefined
  readonly steps: readonly [Step, ...Step[]]
  /** The event field that a field of a command is taken from, if the names differ: `ReserveStock.quantity` → `count`. */
  readonly sources?: ReadonlyMap<string, string> | undefined
}

/** A field of a command for which no earlier event has a field of the same name and type. */
export interface OpenField {
  /** Command and field, such as `ReserveStock.quantity`: a key of {@link SagaPlan.sources}. */
  readonly path: string
  /** Names of fields of the same type in earlier events. */
  readonly candidates: readonly string[]
}

/**
 * Returns the fields of commands without a known source. Throws `ScaffoldRefused` if `sources` has a field that no command has, or a
 * source that is not a field of that type in an earlier event.
 */
export function openFields({ steps, sources = new Map() }: SagaPlan): readonly OpenField[] {
  const sentCommands = steps.flatMap((_, index) => {
    const { ask, undo } = commandsOf(steps, index, new Map())
    return [ask, undo].flatMap((command) => command ?? [])
  })
  const fields = sentCommands.flatMap(({ name, fields: own, earlierFields }) =>
    own.map(({ field, source }) => ({
      path: pathOf(name, field),
      candidates: [...new Set(earlierFields.filter((one) => isSameType(one, field)).map((one) => one.name))],
      isOpen: source === undefined,
    })),
  )
  for (const [path, source] of sources) {
    const field = fields.find((one) => one.path === path)
    if (field === undefined) {
      const known = fields.filter(({ isOpen }) => isOpen).map((one) => scaffoldHints.nameSource(one.path))
      throw new ScaffoldRefused(`no command of this saga has the field ${path}`, known)
    }
    if (field.candidates.includes(source)) continue
    const known = field.candidates.map((candidate) => scaffoldHints.nameSource(path, candidate))
    throw new ScaffoldRefused(`the source of ${path}: no earlier event has a field '${source}' of the same type`, known)
  }
  return fields
    .filter(({ path, isOpen }) => isOpen && !sources.has(path))
    .map(({ path, candidates }) => ({ path, candidates }))
}

const pathOf = (command: Name, field: KnownField): string => `${spellings.pascal(command)}.${field.name}`

/** Returns everything that the templates of a saga can name; `templates/README.md` lists it. */
export function sagaScope({ name, steps, timeout, sources = new Map() }: SagaPlan): Scope {
  const commands = steps.map((_, index) => commandsOf(steps, index, sources))
  const sentCommands = commands.flatMap(({ ask, undo }) => [...(ask ? [ask] : []), ...(undo ? [undo] : [])])
  const allEvents = steps.flatMap(eventsOf)
  refuseDuplicateNames(
    name,
    [...allEvents, ...sentCommands].map((action) => action.name),
  )
  const facts = factsOf(sentCommands)
  const storedFields = allEvents.flatMap(({ fields }) => fields.filter((field) => isFact(field, facts)))
  const scopes = steps.map((step, index) => stepScope(step, commands[index] as StepCommands, facts))
  const withoutSchema = steps.filter(({ schema }) => schema === undefined).flatMap(eventsOf)
  const events = (of: readonly KnownAction[]) =>
    of.map((event) => eventScope(event, facts, !withoutSchema.includes(event)))
  const [pascal, screaming] = [spellings.pascal(name), spellings.screaming(name)]
  const typesOf = (named: readonly { readonly name: Name }[]) => named.map((one) => spellings.pascal(one.name))
  const quoted = (texts: readonly string[]) => texts.map((text) => `'${text}'`)
  return {
    start: scopes[0],
    later: scopes.slice(1),
    steps: scopes,
    facts: facts.map(fieldScope),
    events: steps.flatMap((step) => events(eventsOf(step)).map((event) => ({ ...event, step: step.aggregate }))),
    others: events(othersOf(steps)),
    plain: events(withoutSchema),
    asked: sentCommands.map(commandScope),
    todos: sentCommands.some(({ fields }) => fields.some(({ source }) => source === undefined)),
    description: descriptionScope({ name, steps, timeout }),
    schemas: steps.flatMap(({ schema }) => (schema === undefined ? [] : [{ file: schema }])),
    ts: {
      todo_import: TODO_IMPORT,
      test_imports: importOf(
        'import',
        [`${screaming}_UNDO_TIMEOUTS`, `${spellings.camel(name)}Saga`],
        `../src/${spellings.kebab(name)}/saga.ts`,
      ),
      imports: importOf(
        'import type',
        ['Action', 'Command', 'Completed', 'Facts', 'Failed', 'Step', 'Stuck'].map((last) => `${pascal}${last}`),
        './actions.ts',
      ),
      actions: unionOf(`${pascal}Action`, [...typesOf(allEvents), `${pascal}TimedOut`, `${pascal}UndoTimedOut`]),
      commands: unionOf(`${pascal}Command`, typesOf(sentCommands)),
      steps: unionOf(`${pascal}Step`, quoted(steps.map(({ aggregate }) => spellings.camel(aggregate)))),
      topics: listOf('topics', quoted(steps.map(({ topic }) => topic))),
      undo_timeouts: undoTimeouts(timeout),
      asked_topics: listOf('sends', quoted(steps.slice(1).map((step) => step.commands))),
      // The saga does not request the first step, so the topic of that step only gets an undo command.
      undo_topics: listOf('sendsUndo', quoted([steps[0].commands])),
    },
    rust: {
      chrono: chronoImport(storedFields, ['SecondsFormat']),
      timeout: timeout === undefined ? undefined : durationFrom(timeout),
    },
  }
}

/** Returns the time-outs of the five attempts of an undo command: the time-out of a step, doubled for each attempt. */
function undoTimeouts(timeout = 30_000): string {
  const texts = [1, 2, 4, 8, 16].map((times) => `'${durationText(timeout * times)}'`)
  return `[${texts.join(', ')}]`
}

/** Returns all events of a step's topic, including those without consequences. */
const eventsOf = ({ done, failures, undo, others }: Step): readonly KnownAction[] => [
  done,
  ...failures,
  ...(undo === undefined ? [] : [undo.event]),
  ...others,
]

/**
 * Returns the events without consequences for the saga. A failure of the first step is one if the step cannot be undone, because
 * the saga begins only when the first step is done.
 */
const othersOf = ([start, ...later]: SagaPlan['steps']): readonly KnownAction[] => [
  ...start.others,
  ...(start.undo === undefined ? start.failures : []),
  ...later.flatMap(({ others }) => others),
]

/** Last words of the types that the templates declare for a saga, in addition to events and commands. */
const ownTypes = [
  'timed-out',
  'undo-timed-out',
  'stuck',
  'next',
  'effects',
  'completed',
  'failed',
  'facts',
  'step',
  'action',
  'command',
  'state',
  'reducer',
  'status',
  'store',
  'environment',
]

/** Throws `ScaffoldRefused` if the generated module would declare a type twice. */
function refuseDuplicateNames(saga: Name, names: readonly Name[]): void {
  const own = ownTypes.map((last) => ({ words: [...saga.words, ...last.split('-')] }))
  for (const [index, name] of names.entries()) {
    const isTwice = names.slice(0, index).some((other) => isSameName(other, name))
    if (!isTwice && !own.some((other) => isSameName(other, name))) continue
    throw new ScaffoldRefused(`this saga would declare ${spellings.pascal(name)} twice`, [
      isTwice ? scaffoldHints.chooseOtherTopics() : scaffoldHints.advice('choose another name for the saga'),
    ])
  }
}

/** A command that the saga sends, with the event field from which it takes each of the command's fields. */
interface SentCommand {
  readonly name: Name
  /** `source` is `undefined` if no earlier event has the field, and `reason` for the reason of the failure. */
  readonly fields: readonly { readonly field: KnownField; readonly source: KnownField | 'reason' | undefined }[]
  /** All fields of earlier events. */
  readonly earlierFields: readonly KnownField[]
}

/** The commands that the saga sends for one step. */
interface StepCommands {
  /** Requests the step. Absent for the first step, whose event starts the saga. */
  readonly ask: SentCommand | undefined
  /** Compensates the step. Absent if the step cannot be undone. */
  readonly undo: SentCommand | undefined
}

function commandsOf(steps: SagaPlan['steps'], index: number, sources: ReadonlyMap<string, string>): StepCommands {
  const { ask, undo } = steps[index] as Step
  const withSources = ({ name, fields }: KnownAction, before: readonly Step[]): SentCommand => {
    const earlierFields = before.flatMap(({ done }) => done.fields)
    const find = (field: KnownField) => sourceOf(field, earlierFields, sources.get(pathOf(name, field)))
    return { name, earlierFields, fields: fields.map((field) => ({ field, source: find(field) })) }
  }
  return {
    ask: index === 0 ? undefined : withSources(ask, steps.slice(0, index)),
    undo: undo && withSources(undo.command, steps.slice(0, index + 1)),
  }
}

/**
 * Finds the event field that is the source of a command's field: the field of the same type with the same name, or with
 * the name `named` that the user gave. Never guesses by type alone, because an amount that is used as a quantity would go unnoticed.
 */
function sourceOf(field: KnownField, earlierFields: readonly KnownField[], named: string | undefined) {
  if (named === undefined && isReason(field)) return 'reason'
  const wanted = named ?? field.name
  return earlierFields.find((one) => one.name === wanted && isSameType(one, field))
}

/** Compares types in TypeScript, or in Rust where TypeScript has only `unknown`. */
const isSameType = ({ type: a }: KnownField, { type: b }: KnownField): boolean =>
  a.ts === b.ts && (a.ts !== 'unknown' || a.rust === b.rust)

const isReason = ({ name, type }: KnownField): boolean => name === 'reason' && type.ts === 'string'

/** Returns the facts of a saga: the event fields that it has to store, because later commands use them. */
function factsOf(commands: readonly SentCommand[]): readonly KnownField[] {
  const facts = new Map<string, KnownField>()
  for (const { source } of commands.flatMap(({ fields }) => fields)) {
    if (source !== undefined && source !== 'reason' && !facts.has(source.name)) facts.set(source.name, source)
  }
  return [...facts.values()]
}

/** Returns what templates can name about a step. */
function stepScope(step: Step, { ask, undo }: StepCommands, facts: readonly KnownField[]): Scope {
  const { aggregate, topic, commands, done, failures, others } = step
  const scopeOf = (event: KnownAction) => eventScope(event, facts, step.schema !== undefined)
  const stepFailures = ask === undefined ? [] : failures.map(scopeOf)
  // The saga does not request the first step, so a failure there is the refusal of the command that undoes the step.
  const refusals = ask === undefined && undo !== undefined ? failures.map(scopeOf) : []
  return {
    name: aggregate,
    topic,
    commands,
    topic_ts: `'${topic}'`,
    commands_ts: `'${commands}'`,
    topic_rust: `"${topic}"`,
    commands_rust: `"${commands}"`,
    done: scopeOf(done),
    key: keyScope(ask ?? undo),
    ask: ask && commandScope(ask),
    failures: stepFailures,
    failure: stepFailures[0],
    refusals,
    refusal: refusals[0],
    others: others.map(scopeOf),
    undo: undo && step.undo && { event: scopeOf(step.undo.event), command: commandScope(undo) },
  }
}

/**
 * Returns the expression for the id of the aggregate that receives a command, or `undefined` if no event has the id. The id is the
 * first field of a command.
 */
function keyScope(command: SentCommand | undefined): Scope | undefined {
  const { source } = command?.fields[0] ?? {}
  if (source === undefined || source === 'reason' || source.type.ts !== 'string') return undefined
  return { value_ts: `state.facts.${source.name}` }
}

/** Whether the saga stores this event field. */
const isFact = (field: KnownField, facts: readonly KnownField[]): boolean =>
  facts.some((fact) => fact.name === field.name && fact.type.ts === field.type.ts)

/**
 * Returns what templates can name about an event. The saga needs only the fields that it stores, and the reason of a failure. With
 * `isWhole`, the event keeps all of its fields, because a schema can only encode a complete event.
 */
function eventScope({ name, fields }: KnownAction, facts: readonly KnownField[], isWhole: boolean): Scope {
  const isSameInRust = ({ name, type }: KnownField) =>
    facts.some((fact) => fact.name === name && fact.type.rust === type.rust)
  const tells = fields.filter((field) => isFact(field, facts))
  return {
    name,
    fields: fields.filter((field) => isWhole || isFact(field, facts) || isReason(field)).map(fieldScope),
    needs: fields.filter((field) => isFact(field, facts) || isReason(field)).map(fieldScope),
    every: fields.map(fieldScope),
    tells: tells.map(fieldScope),
    tells_rust: tells.filter(isSameInRust).map(fieldScope),
    has_reason: fields.some(isReason),
    reason_ts: fields.some(isReason) ? 'action.reason' : 'action.type',
  }
}

/** Returns what templates can name about a command. A field without a source becomes a question in the code. */
function commandScope({ name, fields }: SentCommand): Scope {
  const usesState = fields.some(({ source }) => source !== undefined)
  return {
    name,
    params_ts: usesState ? '(state)' : '()',
    fields: fields.map(({ field, source }) => {
      const path = source === undefined ? undefined : source === 'reason' ? source : `facts.${source.name}`
      const question = `which ${field.name} does ${spellings.pascal(name)} have?`
      return {
        ...fieldScope(field),
        is_told: path !== undefined,
        value_ts: path === undefined ? todoInTypeScript(question, field.type.ts) : `state.${path}`,
        value_rust: valueInRust(field, source) ?? todoInRust(question),
      }
    }),
  }
}

function valueInRust(field: KnownField, source: KnownField | 'reason' | undefined): string | undefined {
  if (source === undefined) return undefined
  if (source === 'reason') return convertedTo('self.reason', 'String', field.type.rust)
  return convertedTo(`self.facts.${source.name}`, source.type.rust, field.type.rust)
}

function fieldScope({ name, type }: KnownField): Scope {
  const parsed = parseName(name)
  // A field keeps the name that it has in its service. Only a name in snake case can be spelled in other ways.
  const spelled: Value = parsed !== undefined && spellings.snake(parsed) === name ? parsed : name
  return {
    name: spelled,
    ...typeScope(type),
  }
}
