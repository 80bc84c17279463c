import { typeScope } from './field-types.ts'
import type { KnownAction, KnownField, Step } from './known-topic.ts'
import { isSameName, type Name, parseName, spellings } from './name.ts'
import { ScaffoldRefused } from './refused.ts'
import { chronoImport, durationFrom, takenAs } from './rust-values.ts'
import type { Scope, Value } from './scope.ts'
import { importOf, listOf, unionOf } from './typescript-lines.ts'

export interface SagaPlan {
  readonly name: Name
  /** How long a step may take, in milliseconds; absent when the template does not ask. */
  readonly timeout: number | undefined
  readonly steps: readonly [Step, ...Step[]]
}

/** What the templates of a saga can name; `templates/README.md` lists it. */
export function sagaScope({ name, steps, timeout }: SagaPlan): Scope {
  const commands = steps.map((_, index) => commandsOf(steps, index))
  const asked = commands.flatMap(({ ask, undo }) => [...(ask ? [ask] : []), ...(undo ? [undo] : [])])
  const heard = steps.flatMap(heardBy)
  refuseTwins(
    name,
    [...heard, ...asked].map((action) => action.name),
  )
  const facts = factsOf(asked)
  const remembered = heard.flatMap(({ fields }) => fields.filter((field) => isFact(field, facts)))
  const scopes = steps.map((step, index) => stepScope(step, commands[index] as StepCommands, facts))
  const plain = steps.filter(({ schema }) => schema === undefined).flatMap(heardBy)
  const events = (of: readonly KnownAction[]) => of.map((event) => eventScope(event, facts, !plain.includes(event)))
  const [pascal, screaming] = [spellings.pascal(name), spellings.screaming(name)]
  const typesOf = (named: readonly { readonly name: Name }[]) => named.map((one) => spellings.pascal(one.name))
  const quoted = (texts: readonly string[]) => texts.map((text) => `'${text}'`)
  return {
    start: scopes[0],
    later: scopes.slice(1),
    steps: scopes,
    facts: facts.map(fieldScope),
    events: steps.flatMap((step) => events(heardBy(step)).map((event) => ({ ...event, step: step.aggregate }))),
    others: events(othersOf(steps)),
    plain: events(plain),
    asked: asked.map(commandScope),
    schemas: steps.flatMap(({ schema }) => (schema === undefined ? [] : [{ file: schema }])),
    ts: {
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
      actions: unionOf(`${pascal}Action`, [...typesOf(heard), `${pascal}TimedOut`, `${pascal}UndoTimedOut`]),
      commands: unionOf(`${pascal}Command`, typesOf(asked)),
      steps: unionOf(`${pascal}Step`, quoted(steps.map(({ aggregate }) => spellings.camel(aggregate)))),
      topics: listOf('topics', quoted(steps.map(({ topic }) => topic))),
      undo_timeouts: undoTimeouts(timeout),
      asked_topics: listOf('sends', quoted(steps.slice(1).map((step) => step.commands))),
    },
    rust: {
      chrono: chronoImport(remembered, ['SecondsFormat']),
      timeout: timeout === undefined ? undefined : durationFrom(timeout),
    },
  }
}

/** How long to wait for the answer to an undo command: as long as for a step, and twice as long each time it is sent again. */
function undoTimeouts(timeout = 30_000): string {
  const texts = [1, 2, 4, 8, 16].map((times) => {
    const milliseconds = timeout * times
    return milliseconds % 1000 === 0 ? `'${milliseconds / 1000}s'` : `'${milliseconds}ms'`
  })
  return `[${texts.join(', ')}]`
}

/** Every event of a topic is known to the saga, though not each has consequences. */
const heardBy = ({ done, failures, undo, others }: Step): readonly KnownAction[] => [
  done,
  ...failures,
  ...(undo === undefined ? [] : [undo.event]),
  ...others,
]

/** Events without consequences. Failures of a first step that cannot be undone are among them: nothing has begun then. */
const othersOf = ([start, ...later]: SagaPlan['steps']): readonly KnownAction[] => [
  ...start.others,
  ...(start.undo === undefined ? start.failures : []),
  ...later.flatMap(({ others }) => others),
]

/** Types that the templates declare beside those of events and commands. */
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

function refuseTwins(saga: Name, names: readonly Name[]): void {
  const own = ownTypes.map((last) => ({ words: [...saga.words, ...last.split('-')] }))
  for (const [index, name] of names.entries()) {
    const isTwice = names.slice(0, index).some((other) => isSameName(other, name))
    if (!isTwice && !own.some((other) => isSameName(other, name))) continue
    throw new ScaffoldRefused(`two things of this saga would be called ${spellings.pascal(name)}`, [
      isTwice ? '--on with topics whose events have different names' : 'another name for the saga',
    ])
  }
}

/** A command of the saga, with the field of an event that each of its own is taken from. */
interface AskedCommand {
  readonly name: Name
  readonly fields: readonly { readonly field: KnownField; readonly source: KnownField | 'reason' | undefined }[]
}

interface StepCommands {
  /** The first step has none: its event begins everything. */
  readonly ask: AskedCommand | undefined
  readonly undo: AskedCommand | undefined
}

function commandsOf(steps: SagaPlan['steps'], index: number): StepCommands {
  const { ask, undo } = steps[index] as Step
  const begun = steps[0].done.fields
  const asked = ({ name, fields }: KnownAction, before: readonly Step[]): AskedCommand => {
    const told = before.flatMap(({ done }) => done.fields)
    return { name, fields: fields.map((field) => ({ field, source: sourceOf(field, told, begun) })) }
  }
  return {
    ask: index === 0 ? undefined : asked(ask, steps.slice(0, index)),
    undo: undo && asked(undo.command, steps.slice(0, index + 1)),
  }
}

/**
 * The field of an event that a command's is: that of its name, among those told by then. Else a guess, from the event that
 * began: an amount is its amount, when it has one, and an id of what does not exist yet is its id.
 */
function sourceOf(field: KnownField, told: readonly KnownField[], begun: readonly KnownField[]) {
  if (isReason(field)) return 'reason'
  const same = told.find(({ name, type }) => name === field.name && type.ts === field.type.ts)
  if (same !== undefined) return same
  const numbers = begun.filter(({ type }) => type.ts === 'number')
  if (field.type.ts === 'number') return numbers.length === 1 ? numbers[0] : undefined
  return isId(field) ? begun.find(isId) : undefined
}

const isReason = ({ name, type }: KnownField): boolean => name === 'reason' && type.ts === 'string'

const isId = ({ name, type }: KnownField): boolean =>
  type.ts === 'string' && (type.name === 'uuid' || name.endsWith('_id'))

/** What the saga has to remember. */
function factsOf(asked: readonly AskedCommand[]): readonly KnownField[] {
  const facts = new Map<string, KnownField>()
  for (const { source } of asked.flatMap(({ fields }) => fields)) {
    if (source !== undefined && source !== 'reason' && !facts.has(source.name)) facts.set(source.name, source)
  }
  return [...facts.values()]
}

function stepScope(step: Step, { ask, undo }: StepCommands, facts: readonly KnownField[]): Scope {
  const { aggregate, topic, commands, done, failures, others } = step
  const scopeOf = (event: KnownAction) => eventScope(event, facts, step.schema !== undefined)
  const failing = ask === undefined ? [] : failures.map(scopeOf)
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
    ask: ask && commandScope(ask),
    failures: failing,
    failure: failing[0],
    refusals,
    refusal: refusals[0],
    others: others.map(scopeOf),
    undo: undo && step.undo && { event: scopeOf(step.undo.event), command: commandScope(undo) },
  }
}

const isFact = (field: KnownField, facts: readonly KnownField[]): boolean =>
  facts.some((fact) => fact.name === field.name && fact.type.ts === field.type.ts)

/**
 * Of an event the saga needs what it remembers, and why it failed. Of one that a schema writes there is nothing to leave
 * out: it has all of its fields or cannot be written.
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

function commandScope({ name, fields }: AskedCommand): Scope {
  const isTold = fields.some(({ source }) => source !== undefined)
  return {
    name,
    params_ts: isTold ? '(state)' : '()',
    fields: fields.map(({ field, source }) => {
      const place = source === undefined ? undefined : source === 'reason' ? source : `facts.${source.name}`
      return {
        ...fieldScope(field),
        /** Otherwise no event tells it, and its value is one to be replaced. */
        is_told: place !== undefined,
        value_ts: place === undefined ? field.type.empty.ts : `state.${place}`,
        value_rust: valueInRust(field, source) ?? field.type.empty.rust,
      }
    }),
  }
}

function valueInRust(field: KnownField, source: KnownField | 'reason' | undefined): string | undefined {
  if (source === undefined) return undefined
  if (source === 'reason') return takenAs('self.reason', 'String', field.type.rust)
  return takenAs(`self.facts.${source.name}`, source.type.rust, field.type.rust)
}

function fieldScope({ name, type }: KnownField): Scope {
  const parsed = parseName(name)
  // Words only where its spelling is that of Rust: a field keeps the name its service gave it.
  const spelled: Value = parsed !== undefined && spellings.snake(parsed) === name ? parsed : name
  return {
    name: spelled,
    ...typeScope(type),
  }
}
