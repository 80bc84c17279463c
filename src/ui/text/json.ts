import { asJson } from '../../codecs/json.ts'

/** Formats the result of a command as JSON. Converts values with {@link asJson}; leaves out undefined fields. */
export const stringifyJson = (value: unknown): string => JSON.stringify(value, asJson)

/**
 * Formats the same JSON as `stringifyJson` in parts, so that the text of a large document is never in memory as a whole. Divides
 * the outermost `depth` levels between fields and list elements.
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

/** Returns the JSON of a document and a line feed, in parts. */
export function* documentParts(document: unknown): Generator<string> {
  yield* jsonParts(document)
  yield '\n'
}
