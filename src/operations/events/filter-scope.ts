import type { FieldSelection } from '../../schema/bincode/field-selection.ts'
import type { EventView } from './event-view.ts'

/** The variables of an expression, with their CEL types. */
export const scopeTypes = {
  topic: 'string',
  partition: 'int',
  offset: 'int',
  timestamp: 'google.protobuf.Timestamp',
  key: 'dyn',
  event_type: 'string',
  event_version: 'int',
  metadata: 'map',
  data: 'dyn',
} as const

type Variable = keyof typeof scopeTypes

/**
 * Returns the function that builds the variables for an event, only those that an expression reads, and of `metadata` and `data` only
 * the fields that it reads: converting a whole payload takes longer than decoding it. The variables have the names of the fields of
 * `tail -o json`; `data` is the decoded payload.
 */
export function filterScope(
  selected: ReadonlyMap<string, FieldSelection>,
): (view: EventView) => Record<string, unknown> {
  const wanted = [...selected].map(([name, fields]) => ({
    name,
    read: variables[name as Variable],
    fields,
    convert: converter(fields),
  }))
  return (view) => {
    const scope: Record<string, unknown> = {}
    for (const { name, read, fields, convert } of wanted) scope[name] = convert(read(view, fields))
    return scope
  }
}

/** Converts a decoded value for CEL. */
type Convert = (value: unknown) => unknown

/** The value of each variable for an event. */
const variables: Readonly<Record<Variable, (view: EventView, fields: FieldSelection) => unknown>> = {
  topic: ({ record }) => record.topic,
  partition: ({ record }) => record.partition,
  offset: ({ record }) => record.offset,
  timestamp: ({ record }) => toDate(record.timestamp),
  key: ({ record: { key } }) => (key === null ? null : Buffer.from(key).toString('utf8')),
  event_type: ({ envelope }) => (envelope?.ok ? envelope.event.eventType : ''),
  event_version: ({ envelope }) => (envelope?.ok ? envelope.event.eventVersion : 0),
  metadata: metadataOf,
  data: (view, fields) => view.fieldsOf(fields),
}

function metadataOf({ envelope }: EventView): Record<string, unknown> {
  if (!envelope?.ok || envelope.event.metadata === null) return {}
  const { correlationId, causationId, userId, timestamp, extra } = envelope.event.metadata
  const known = {
    correlation_id: correlationId,
    causation_id: causationId,
    user_id: userId,
    timestamp,
  }
  return {
    ...extra,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
  }
}

/**
 * The range of CEL's timestamps, the years 1 to 9999. Other timestamps are clamped to it, which keeps them before or after the
 * rest.
 */
const FIRST_DATE = -62135596800000n
const LAST_DATE = 253402300799999n

function toDate(timestamp: bigint): Date {
  return new Date(Number(timestamp < FIRST_DATE ? FIRST_DATE : timestamp > LAST_DATE ? LAST_DATE : timestamp))
}

/** Returns the conversion of a value of which an expression reads the given fields. Converts other values than objects as a whole. */
function converter(fields: FieldSelection): Convert {
  // Assigning the name `__proto__` would set the prototype of the object.
  if (fields === 'all' || fields.has('__proto__') || fields.has('constructor')) return celValue
  const wanted = [...fields].map(([name, inside]) => ({ name, convert: converter(inside) }))
  return (value) => {
    if (!isObject(value)) return celValue(value)
    const found: Record<string, unknown> = {}
    for (const { name, convert } of wanted) if (Object.hasOwn(value, name)) found[name] = convert(value[name])
    return found
  }
}

/**
 * Converts a decoded value for CEL. Whole numbers become bigints, because cel-js represents `int` as a bigint and does not mix
 * bigints and numbers. CBOR's undefined and an invalid `Date` become null.
 */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(celValue)
  // The library recognizes dates by their class. Dates with digits beyond milliseconds have a subclass, so copy them.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : new Date(value)
  if (!isObject(value)) return value ?? null
  const fields = Object.entries(value).map(([name, found]) => [name, celValue(found)] as const)
  // The library finds the type of a value by its property `constructor`. An object with a field of that name becomes a map.
  return Object.hasOwn(value, 'constructor') ? new Map(fields) : Object.fromEntries(fields)
}

/** Whether a value has fields: it is neither a list nor bytes nor a date. */
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null &&
  typeof value === 'object' &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Date)
