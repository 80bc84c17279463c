import { commandOf } from '../events/command-name.ts'
import { isFailure } from '../events/events.ts'
import type { FieldType } from '../events/field-types.ts'
import { isSameName, type Name, parseName, spellings } from '../name.ts'

/** A field of an existing event. Its name need not consist of words. */
export interface KnownField {
  readonly name: string
  readonly type: Pick<FieldType, 'name' | 'ts' | 'rust' | 'example' | 'empty'>
}

export interface KnownAction {
  readonly name: Name
  readonly fields: readonly KnownField[]
  /** True for a failure whose name does not show it. */
  readonly isFailure?: boolean | undefined
}

/** The events of a topic, and the commands that lead to them. */
export interface KnownTopic {
  readonly topic: string
  readonly events: readonly KnownAction[]
  /** Empty if only the events are known: then commands are derived from them. */
  readonly commands: readonly KnownAction[]
  /** The schema file of the payloads, relative to the service. Absent for self-describing payloads. */
  readonly schema?: string | undefined
  /** Variants whose source and name do not tell whether they are commands or events. */
  readonly unclear?: readonly string[] | undefined
  /** Where the description comes from. */
  readonly source: string
}

/** Returns the aggregate of a topic: `order` for `order-events`. */
const aggregateOf = (topic: string): Name | undefined => parseName(topic.replace(/-events$/, ''))

/** Last words of events that compensate an earlier event. */
const undoing = new Set(
  'cancelled canceled released refunded reversed revoked voided withdrawn undone returned compensated deleted removed'.split(
    ' ',
  ),
)

/** A step of a saga, derived from a topic. */
export interface Step {
  readonly aggregate: Name
  readonly topic: string
  /** The topic of the aggregate's commands. */
  readonly commands: string
  readonly schema: string | undefined
  readonly done: KnownAction
  readonly ask: KnownAction
  readonly failures: readonly KnownAction[]
  readonly undo: { readonly event: KnownAction; readonly command: KnownAction } | undefined
  /** Events without consequences for the saga. */
  readonly others: readonly KnownAction[]
}

/**
 * Derives a step from a topic. The step is done with the first event that is neither a failure nor a compensation, and is undone with
 * the first compensation. Returns `undefined` if no event completes the step.
 */
export function stepOf({ topic, events, commands, schema }: KnownTopic): Step | undefined {
  const aggregate = aggregateOf(topic)
  const failures = events.filter(fails)
  const compensates = ({ name: { words } }: KnownAction) => undoing.has(words.at(-1) ?? '')
  const done = events.find((event) => !failures.includes(event) && !compensates(event))
  if (aggregate === undefined || done === undefined) return undefined
  const others = events.filter((event) => event !== done && !failures.includes(event))
  const back = others.find(compensates)
  const commandFor = (event: KnownAction) => commandAmong(event, events, commands)
  const undoCommand = back && commandFor(back)
  return {
    aggregate,
    topic,
    commands: `${spellings.kebab(aggregate)}-commands`,
    schema,
    done,
    ask: commandFor(done) ?? { name: { words: ['do', ...done.name.words] }, fields: done.fields },
    failures,
    undo: back && undoCommand && { event: back, command: undoCommand },
    others: others.filter((event) => event !== back || undoCommand === undefined),
  }
}

const fails = (event: KnownAction): boolean => event.isFailure === true || isFailure(event.name)

/** Finds the command of an event by name, or else by position among the events and commands without a match; otherwise derives it. */
function commandAmong(
  event: KnownAction,
  events: readonly KnownAction[],
  commands: readonly KnownAction[],
): KnownAction | undefined {
  const named = (of: KnownAction) => {
    const wanted = commandOf(of.name)
    return wanted && commands.find((command) => isSameName(command.name, wanted))
  }
  const nameless = events.filter((one) => !fails(one) && named(one) === undefined)
  const left = commands.filter((command) => !events.some((one) => named(one) === command))
  const name = commandOf(event.name)
  return named(event) ?? left[nameless.indexOf(event)] ?? (name && { name, fields: event.fields })
}
