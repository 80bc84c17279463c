/**
 * JSON of a command's answer. A bigint is a number while that loses nothing and a string beyond; bytes are base64;
 * a Map is an object.
 */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, (_, found) => {
    if (typeof found === 'bigint') return jsonBigint(found)
    if (found instanceof Uint8Array) return Buffer.from(found).toString('base64')
    if (found instanceof Map) return Object.fromEntries(found)
    return found
  })
}

const jsonBigint = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

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
