/** The field of a payload that names its aggregate. */
export interface KeyField {
  readonly name: string
  /** The configuration file that says so. */
  readonly from: string
}

type AggregateKey =
  | { readonly ok: true; readonly key: string }
  /** Reads on from "the data of PlaceOrder.v1". */
  | { readonly ok: false; readonly reason: string }

/** Rust's enums stand in one another in as many levels as services have; they have one or two. */
const MAX_VARIANT_DEPTH = 8

/**
 * The record key that a payload's own field gives it: the id of the aggregate the event is about. The field is one of the
 * payload, or of the variant around the fields of a Rust enum (`{ "PlaceOrder": { "order_id": "o-1" } }`).
 */
export function aggregateKey(data: unknown, name: string): AggregateKey {
  let fields = data
  for (let depth = 0; depth < MAX_VARIANT_DEPTH && isFields(fields); depth += 1) {
    if (Object.hasOwn(fields, name)) return toKey(fields[name], name)
    const [inner, ...others] = Object.values(fields)
    fields = others.length === 0 ? inner : undefined
  }
  return { ok: false, reason: `has no field '${name}'` }
}

/** As the service makes the id of a stream of it: text as it is, an integer in decimal digits. */
function toKey(value: unknown, name: string): AggregateKey {
  const isInteger = typeof value === 'bigint' || Number.isSafeInteger(value)
  const key = isInteger ? String(value) : value
  if (typeof key === 'string' && key !== '') return { ok: true, key }
  return { ok: false, reason: `has a field '${name}' that is neither a text nor an integer` }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
