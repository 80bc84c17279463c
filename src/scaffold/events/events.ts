import { isSameName, type Name, parseName, spellings, whyNoName } from '../name.ts'
import { ScaffoldRefused } from '../refused.ts'
import { commandOf } from './command-name.ts'
import { type FieldType, fieldTypeNames, fieldTypes } from './field-types.ts'

export interface Field {
  readonly name: Name
  readonly type: FieldType
}

/** An event that ends what a command began badly: not asked for, but decided. */
export interface Failure {
  readonly name: Name
  readonly fields: readonly Field[]
}

export interface DomainEvent {
  readonly name: Name
  readonly command: Name
  readonly fields: readonly Field[]
  /** How the command may end otherwise. */
  readonly failures: readonly Failure[]
}

/** Last words of events that nobody commands. */
const failing = new Set(['failed', 'rejected', 'declined', 'refused', 'denied'])

export const isFailure = ({ words }: Name): boolean => failing.has(words.at(-1) ?? '')

const EXAMPLE = '--event OrderPlaced:order_id=uuid,total=money'

const refuse = (text: string, reason: string, suggestions: readonly string[] = [EXAMPLE]): never => {
  throw new ScaffoldRefused(`--event ${text}: ${reason}`, suggestions)
}

/**
 * Events as typed: `OrderPlaced:order_id=uuid,total=money`, with the command before it where it does not follow from the
 * name, `PlaceOrder/OrderPlaced:…`. One that ends with `Failed`, `Rejected`, `Declined`, `Refused` or `Denied` is another
 * outcome of the command of the event before it.
 */
export function readEvents(texts: readonly string[]): readonly DomainEvent[] {
  const events: (DomainEvent & { failures: Failure[] })[] = []
  const taken: Name[] = []
  const take = (text: string, name: Name) => {
    if (taken.some((other) => isSameName(other, name)))
      refuse(text, `there are two called ${spellings.pascal(name)}`, [])
    taken.push(name)
  }
  for (const text of texts) {
    const { name, command, fields } = readEvent(text)
    take(text, name)
    if (command === undefined && isFailure(name)) {
      const before = events.at(-1)
      if (before === undefined)
        refuse(text, 'a failure comes after the event that would have been', [EXAMPLE, `--event ${text}`])
      else before.failures.push({ name, fields })
      continue
    }
    const asked = command ?? commandOf(name)
    if (asked === undefined) {
      return refuse(text, 'its command does not follow from its name; put it before', [`--event DoIt/${text}`])
    }
    take(text, asked)
    events.push({ name, command: asked, fields, failures: [] })
  }
  return events
}

function readEvent(text: string): { name: Name; command: Name | undefined; fields: Field[] } {
  const [head = '', ...rest] = text.split(':')
  const [first = '', second, ...more] = head.split('/')
  if (more.length > 0 || rest.length > 1) refuse(text, 'one / and one : are expected at most')
  const pascal = (word: string): Name => {
    const why = whyNoName(word)
    const name = parseName(word)
    if (why !== undefined || name === undefined) return refuse(text, `'${word}' is no name: ${why}`)
    if (spellings.pascal(name) !== word) return refuse(text, `'${word}' is written ${spellings.pascal(name)}`, [])
    return name
  }
  const [list] = rest
  const fields = list === undefined ? [] : list.split(',').map((pair) => readField(text, pair))
  for (const [index, { name }] of fields.entries()) {
    if (fields.findIndex((other) => isSameName(other.name, name)) < index) {
      refuse(text, `it has two fields ${spellings.snake(name)}`, [])
    }
  }
  return second === undefined
    ? { name: pascal(first), command: undefined, fields }
    : { name: pascal(second), command: pascal(first), fields }
}

/** What a field cannot be called, since an action or a state has it already or JavaScript objects do. */
const notFields = new Set(['type', 'status', 'constructor', 'prototype'])

function readField(text: string, pair: string): Field {
  const [word = '', type = '', ...more] = pair.split('=')
  const of = fieldTypes.get(type)
  if (of === undefined || more.length > 0) {
    return refuse(text, `'${pair}' is not name=type; types are ${fieldTypeNames.join(', ')}`)
  }
  const name = parseName(word)
  const why = whyNoName(word) ?? (notFields.has(word) ? 'it is taken' : undefined)
  if (name === undefined || why !== undefined) return refuse(text, `'${word}' is no field's name: ${why}`)
  if (spellings.snake(name) !== word)
    return refuse(text, `'${word}' is written ${spellings.snake(name)}, as in Rust`, [])
  return { name, type: of }
}

/**
 * The field that tells one aggregate of its kind from another, which every event has: the one named, else `order_id` of
 * an order, else the first uuid or string that all have.
 */
export function idOf(aggregate: Name, events: readonly DomainEvent[], named?: string): Field {
  const all = events.flatMap((event) => [event, ...event.failures])
  const isShared = ({ name, type }: Field) =>
    (type.name === 'uuid' || type.name === 'string') &&
    all.every(({ fields }) => fields.some((field) => isSameName(field.name, name) && field.type === type))
  const candidates = (all[0]?.fields ?? []).filter(isShared)
  const wanted = named ?? `${spellings.snake(aggregate)}_id`
  const found =
    candidates.find(({ name }) => spellings.snake(name) === wanted) ?? (named === undefined ? candidates[0] : undefined)
  if (found !== undefined) return found
  throw new ScaffoldRefused(
    named === undefined
      ? `the events of ${spellings.kebab(aggregate)} share no field of type uuid or string to tell one from another by`
      : `'${named}' is no field of type uuid or string that every event has`,
    [`--event OrderPlaced:${wanted}=uuid,…`, ...(candidates[0] ? [`--id ${spellings.snake(candidates[0].name)}`] : [])],
  )
}

/** Something to begin with, for whoever does not say: one is created, or not, and cancelled. */
export function defaultEvents(aggregate: Name): readonly [string, ...string[]] {
  const [pascal, id] = [spellings.pascal(aggregate), `${spellings.snake(aggregate)}_id=uuid`]
  return [
    `${pascal}Created:${id},amount=money`,
    `${pascal}Rejected:${id},reason=string`,
    `${pascal}Cancelled:${id},reason=string`,
  ]
}

/** Why the last of these cannot be among them; `undefined` when it can. */
export function whyNoEvent(texts: readonly string[]): string | undefined {
  try {
    readEvents(texts)
    return undefined
  } catch (error) {
    if (error instanceof ScaffoldRefused) return error.message
    throw error
  }
}
