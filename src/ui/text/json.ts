import { asJson } from '../../codecs/json.ts'

/** Writes the result of a command as JSON. Converts values by {@link asJson}; leaves out undefined fields. */
export const stringifyJson = (value: unknown): string => JSON.stringify(value, asJson)

/**
 * Writes the same JSON in parts, divided between the fields of the document and the elements of its lists, so that a large
 * document is never in memory as a whole.
 */
export function* jsonParts(value: unknown, depth = 2): Generator<string> {
  if (depth > 0 && Array.isArray(value)) {
    yield '['
    for (const [at, element] of value.entries()) {
      if (at > 0) yield ','
      yield* jsonParts(element ?? null, depth - 1)
    }
    yield ']'
  } else if (depth > 0 && isPlainObject(value)) {
    yield '{'
    let isFirst = true
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue
      yield `${isFirst ? '' : ','}${JSON.stringify(name)}:`
      yield* jsonParts(field, depth - 1)
      isFirst = false
    }
    yield '}'
  } else yield stringifyJson(value)
}

const isPlainObject = (value: unknown): value is object =>
  value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
