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
