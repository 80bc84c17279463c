/** The payload field that holds the id of the aggregate. */
export interface KeyField {
  readonly name: string
  /** The configuration file that names the field, for error messages. */
  readonly from: string
}

type AggregateKey =
  | { readonly ok: true; readonly key: string }
  /** `reason` continues the sentence "the data of PlaceOrder.v1 …". */
  | { readonly ok: false; readonly reason: string }

/** Maximum number of nested Rust enums to search. Services have one or two levels. */
const MAX_VARIANT_DEPTH = 8

/**
 * Reads the record key from the payload field that holds the id of the aggregate. The field may be inside the variant of a Rust
 * enum (`{ "PlaceOrder": { "order_id": "o-1" } }`).
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

/** Converts the value as services do for stream ids: a string stays unchanged, an integer becomes decimal digits. */
function toKey(value: unknown, name: string): AggregateKey {
  const isInteger = typeof value === 'bigint' || Number.isSafeInteger(value)
  const key = isInteger ? String(value) : value
  if (typeof key === 'string' && key !== '') return { ok: true, key }
  return { ok: false, reason: `has a field '${name}' that is neither a string nor an integer` }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
