import type { Hint } from '../../bus/hints.ts'
import { scaffoldHints } from '../hints.ts'
import { isSameName, type Name, parseName, spellings, whyNoName } from '../name.ts'
import { ScaffoldRefused } from '../refused.ts'
import { commandOf } from './command-name.ts'
import { type FieldType, fieldTypeNames, fieldTypes } from './field-types.ts'

export interface Field {
  readonly name: Name
  readonly type: FieldType
}

/** An event that reports the failure of a command, such as `PaymentFailed`. */
export interface Failure {
  readonly name: Name
  readonly fields: readonly Field[]
}

/** An event of an aggregate. */
export interface DomainEvent {
  readonly name: Name
  /** The command that leads to the event. */
  readonly command: Name
  readonly fields: readonly Field[]
  /** Events that the command may lead to instead. */
  readonly failures: readonly Failure[]
}

/** Last words of the names of failures. */
const failureWords = new Set(['failed', 'rejected', 'declined', 'refused', 'denied'])

export const isFailure = ({ words }: Name): boolean => failureWords.has(words.at(-1) ?? '')

const { declareEvent, nameCommand, addIdField, chooseIdField } = scaffoldHints

const refuse = (text: string, reason: string, hints: readonly Hint[] = [declareEvent()]): never => {
  throw new ScaffoldRefused(`event ${text === '' ? "''" : text}: ${reason}`, hints)
}

/**
 * Parses events: `OrderPlaced:order_id=uuid,total=money`, or `PlaceOrder/OrderPlaced:…` if the command cannot be
 * derived from the name. An event whose name ends with `Failed`, `Rejected`, `Declined`, `Refused` or `Denied` is another outcome
 * of the previous event's command. Throws `ScaffoldRefused`.
 */
export function readEvents(texts: readonly string[]): readonly DomainEvent[] {
  const events: (DomainEvent & { failures: Failure[] })[] = []
  const taken: Name[] = []
  const takeName = (text: string, name: Name) => {
    if (taken.some((other) => isSameName(other, name)))
      refuse(text, `the name ${spellings.pascal(name)} is used twice`, [])
    taken.push(name)
  }
  for (const text of texts) {
    const { name, command, fields } = readEvent(text)
    takeName(text, name)
    if (command === undefined && isFailure(name)) {
      const before = events.at(-1)
      if (before === undefined)
        refuse(text, 'a failure must follow the event that it replaces', [declareEvent(), declareEvent(text)])
      else before.failures.push({ name, fields })
      continue
    }
    const wanted = command ?? commandOf(name)
    if (wanted === undefined) {
      return refuse(text, 'the command cannot be derived from the name of the event; put the command before it', [
        nameCommand(text),
      ])
    }
    takeName(text, wanted)
    events.push({ name, command: wanted, fields, failures: [] })
  }
  return events
}

function readEvent(text: string): { name: Name; command: Name | undefined; fields: Field[] } {
  const [head = '', ...rest] = text.split(':')
  const [first = '', second, ...more] = head.split('/')
  if (more.length > 0 || rest.length > 1) refuse(text, 'at most one / and one : are allowed')
  const pascal = (word: string): Name => {
    const why = whyNoName(word)
    const name = parseName(word)
    if (why !== undefined || name === undefined) return refuse(text, `invalid name '${word}': ${why}`)
    if (spellings.pascal(name) !== word) return refuse(text, `'${word}' must be written ${spellings.pascal(name)}`, [])
    return name
  }
  const [fieldList] = rest
  const fields = fieldList === undefined ? [] : fieldList.split(',').map((pair) => readField(text, pair))
  for (const [index, { name }] of fields.entries()) {
    if (fields.findIndex((other) => isSameName(other.name, name)) < index) {
      refuse(text, `the field ${spellings.snake(name)} is declared twice`, [])
    }
  }
  return second === undefined
    ? { name: pascal(first), command: undefined, fields }
    : { name: pascal(second), command: pascal(first), fields }
}

/** Names that a field must not have, because actions, states or JavaScript objects already have a property of this name. */
const reservedFields = new Set(['type', 'status', 'constructor', 'prototype'])

function readField(text: string, pair: string): Field {
  const [word = '', type = '', ...more] = pair.split('=')
  const fieldType = fieldTypes.get(type)
  if (fieldType === undefined || more.length > 0) {
    return refuse(text, `'${pair}' is not name=type; the types are ${fieldTypeNames.join(', ')}`)
  }
  const name = parseName(word)
  const why = whyNoName(word) ?? (reservedFields.has(word) ? 'the name is reserved' : undefined)
  if (name === undefined || why !== undefined) return refuse(text, `invalid field name '${word}': ${why}`)
  if (spellings.snake(name) !== word)
    return refuse(text, `'${word}' must be written ${spellings.snake(name)}, as in Rust`, [])
  return { name, type: fieldType }
}

/**
 * Returns the field that identifies the aggregate, which every event must have: the given field, or `order_id` for an order, or
 * the first uuid or string field that all events share. Throws `ScaffoldRefused` if no field qualifies.
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
      ? `the events of ${spellings.kebab(aggregate)} share no field of type uuid or string that could identify the aggregate`
      : `'${named}' is not a field of type uuid or string in every event`,
    [addIdField(wanted), ...(candidates[0] ? [chooseIdField(spellings.snake(candidates[0].name))] : [])],
  )
}

/** Returns the events for an aggregate if the user declares none: created, rejected, cancelled. */
export function defaultEvents(aggregate: Name): readonly [string, ...string[]] {
  const [pascal, id] = [spellings.pascal(aggregate), `${spellings.snake(aggregate)}_id=uuid`]
  return [
    `${pascal}Created:${id},amount=money`,
    `${pascal}Rejected:${id},reason=string`,
    `${pascal}Cancelled:${id},reason=string`,
  ]
}

/** Returns why the last event cannot be added to the others, or `undefined` if it can. */
export function whyNoEvent(texts: readonly string[]): string | undefined {
  try {
    readEvents(texts)
    return undefined
  } catch (error) {
    if (error instanceof ScaffoldRefused) return error.message
    throw error
  }
}
