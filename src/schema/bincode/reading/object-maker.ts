import type { Cursor } from './cursor.ts'

type Read = (cursor: Cursor) => unknown

/**
 * Reads fields into an object. The object is made by a literal of its own, generated here from the names and nothing
 * else: an object filled name by name costs 1.6 times as much, and generating the whole decoder gained 5 % more.
 */
export function objectMaker(fields: readonly { readonly name: string; readonly read: Read }[]): Read {
  const parameters = fields.map((_, index) => `read${index}`)
  const parts = fields.map(({ name }, index) => `[${JSON.stringify(name)}]: read${index}(cursor)`)
  // A computed key is an own property even for __proto__. A cursor whose end is below 0 has failed.
  const body = `return (cursor) => cursor.end < 0 ? undefined : { ${parts.join(', ')} }`
  try {
    return new Function(...parameters, body)(...fields.map(({ read }) => read))
  } catch {
    // The process forbids code from strings.
    return (cursor) =>
      cursor.end < 0 ? undefined : Object.fromEntries(fields.map(({ name, read }) => [name, read(cursor)]))
  }
}
