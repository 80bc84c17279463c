import type { FieldReader } from '../../event-index/index-buffer.ts'
import { type Reading, viewOf } from '../events/event-view.ts'
import { selectionOf } from '../events/fields-read.ts'

/** The beginning of a path in a payload, as in `--where`. */
const PAYLOAD = 'data.'

/** Splits a path such as `data.order_id` into the names of the fields in the payload. `undefined` if it is not such a path. */
export function payloadPath(path: string): readonly string[] | undefined {
  const names = path.startsWith(PAYLOAD) ? path.slice(PAYLOAD.length).split('.') : []
  return names.length === 0 || names.includes('') ? undefined : names
}

/**
 * Returns a function that reads the values at some paths of the payloads of records, as texts. Only texts, numbers and truth values
 * count: a list or a map has no value to search for.
 */
export function fieldReader(paths: readonly string[], reading: Reading): FieldReader {
  const named = paths.map((path) => payloadPath(path) ?? [])
  const selected = selectionOf(named)
  return (record) => {
    const fields = viewOf(record, reading).fieldsOf(selected)
    return named.map((names) => toText(names.reduce<unknown>(fieldOf, fields)))
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

const toText = (value: unknown): string | undefined =>
  ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : undefined
