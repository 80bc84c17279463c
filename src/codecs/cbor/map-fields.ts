import { valueJson } from '../json.ts'

/**
 * Converts the entries of a map to an object. Keys that are not strings are converted: `1` to "1", bytes to base64. If that makes
 * two keys equal, returns the entries as pairs.
 */
export function mapFields(pairs: readonly (readonly [unknown, unknown])[]): unknown {
  const fields = Object.fromEntries(pairs.map(([key, item]) => [nameOf(key), item]))
  return Object.keys(fields).length === pairs.length ? fields : pairs
}

/** The field name for a map key: the text of a string, else the JSON of the key without quotes. */
function nameOf(key: unknown): string {
  if (typeof key === 'string') return key
  const json = valueJson(key)
  return json.startsWith('"') ? json.slice(1, -1) : json
}
