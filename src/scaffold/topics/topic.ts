import { commandOf } from '../events/command-name.ts'
import { isFailure } from '../events/events.ts'
import type { FieldType } from '../events/field-types.ts'
import { isSameName, type Name, parseName, spellings } from '../name.ts'

/** A field of an existing event. Unlike a field of a declared event, its name may be any text. */
export interface KnownField {
  readonly name: string
  readonly type: Pick<FieldType, 'name' | 'ts' | 'rust' | 'example' | 'empty'>
}

/** An existing event or command. */
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
  /** Names of variants of which neither source nor name shows whether they are commands or events. */
  readonly unclear?: readonly string[] | undefined
  /** Where the description comes from: a file, or events on the topic. */
  readonly source: string
}

/** Returns the aggregate of a topic: `order` for `order-events`. */
const aggregateOf = (topic: string): Name | undefined => parseName(topic.replace(/-events$/, ''))

/** Last words of events that compensate an earlier event. */
const compensationWords = new Set(
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
  /** The event that completes the step. */
  readonly done: KnownAction
  /** The command that requests the step. */
  readonly ask: KnownAction
  /** Events that report that the step failed. */
  readonly failures: readonly KnownAction[]
  /** The command that compensates the step, with the event that it leads to. */
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
  const compensates = ({ name: { words } }: KnownAction) => compensationWords.has(words.at(-1) ?? '')
  const done = events.find((event) => !failures.includes(event) && !compensates(event))
  if (aggregate === undefined || done === undefined) return undefined
  const others = events.filter((event) => event !== done && !failures.includes(event))
  const compensation = others.find(compensates)
  const commandFor = (event: KnownAction) => commandAmong(event, events, commands)
  const undoCommand = compensation && commandFor(compensation)
  return {
    aggregate,
    topic,
    commands: `${spellings.kebab(aggregate)}-commands`,
    schema,
    done,
    ask: commandFor(done) ?? { name: { words: ['do', ...done.name.words] }, fields: done.fields },
    failures,
    undo: compensation && undoCommand && { event: compensation, command: undoCommand },
    others: others.filter((event) => event !== compensation || undoCommand === undefined),
  }
}

const fails = (event: KnownAction): boolean => event.isFailure === true || isFailure(event.name)

/**
 * Finds the command that leads to an event: by name, or by position among the events and commands that do not match by name. Derives
 * the command from the name of the event if no command is left.
 */
function commandAmong(
  event: KnownAction,
  events: readonly KnownAction[],
  commands: readonly KnownAction[],
): KnownAction | undefined {
  const commandByName = (of: KnownAction) => {
    const wanted = commandOf(of.name)
    return wanted && commands.find((command) => isSameName(command.name, wanted))
  }
  const otherEvents = events.filter((one) => !fails(one) && commandByName(one) === undefined)
  const otherCommands = commands.filter((command) => !events.some((one) => commandByName(one) === command))
  const name = commandOf(event.name)
  return commandByName(event) ?? otherCommands[otherEvents.indexOf(event)] ?? (name && { name, fields: event.fields })
}
