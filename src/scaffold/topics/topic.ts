import { commandOf } from '../events/command-name.ts'
import { isFailure } from '../events/events.ts'
import type { FieldType } from '../events/field-types.ts'
import { isSameName, type Name, parseName, spellings } from '../name.ts'

/** A field as somebody else named it: not every name is one of words. */
export interface KnownField {
  readonly name: string
  readonly type: Pick<FieldType, 'name' | 'ts' | 'rust' | 'example' | 'empty'>
}

export interface KnownAction {
  readonly name: Name
  readonly fields: readonly KnownField[]
  /** A failure whose name does not say so. */
  readonly isFailure?: boolean | undefined
}

/** What is known of the events of a topic, and of the commands that lead to them. */
export interface KnownTopic {
  readonly topic: string
  readonly events: readonly KnownAction[]
  /** Empty where only events are to be seen: then they are derived. */
  readonly commands: readonly KnownAction[]
  /** The schema file its payloads are written by, from the service; absent: they read themselves. */
  readonly schema?: string | undefined
  /** Variants of which neither the source nor the name says whether they are commands or events. */
  readonly unclear?: readonly string[] | undefined
  /** Where this was learnt. */
  readonly source: string
}

/** The aggregate behind a topic, which is called after it: `order` of `order-events`. */
const aggregateOf = (topic: string): Name | undefined => parseName(topic.replace(/-events$/, ''))

/** Last words of events that take back what another did. */
const undoing = new Set(
  'cancelled canceled released refunded reversed revoked voided withdrawn undone returned compensated deleted removed'.split(
    ' ',
  ),
)

/** What a saga makes of a topic. */
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
  /** Events that only pass by. */
  readonly others: readonly KnownAction[]
}

/**
 * The first event that neither fails nor takes back is what the step is for; the first that takes back, how it is undone.
 * `undefined` when there is none to be for.
 */
export function stepOf({ topic, events, commands, schema }: KnownTopic): Step | undefined {
  const aggregate = aggregateOf(topic)
  const failures = events.filter(fails)
  const takesBack = ({ name: { words } }: KnownAction) => undoing.has(words.at(-1) ?? '')
  const done = events.find((event) => !failures.includes(event) && !takesBack(event))
  if (aggregate === undefined || done === undefined) return undefined
  const others = events.filter((event) => event !== done && !failures.includes(event))
  const back = others.find(takesBack)
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

/** By its name, else by its place among those that no name leads to; derived where it is not among them. */
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
