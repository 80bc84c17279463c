import { asJson } from '../../codecs/json.ts'

/** JSON of a command's answer: values as {@link asJson} says, a Map as an object, without fields that are undefined. */
export const stringifyJson = (value: unknown): string => JSON.stringify(value, asJson)

/**
 * The same in parts, cut between the fields of the document and between the elements of its lists, so that a large one
 * is never in memory as a whole.
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
