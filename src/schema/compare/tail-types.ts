import { innerTypes } from '../inner-types.ts'
import type { Schema, Type } from '../model.ts'
import { fieldsIn, partsOf } from './parts.ts'

/** Returns the names of the schema's types that can be the last part of a payload, so that no bytes follow them. */
export function tailTypes({ root, types }: Schema): Set<string> {
  const tails = new Set<string>()
  const addType = (type: Type): void => {
    if (type.kind === 'named') add(type.name)
    const last = innerTypes(type).at(-1)
    if (last) addType(last)
    // Either side of a Result can be the last part; the error is the last of its inner types.
    if (type.kind === 'result') addType(type.ok)
  }
  const add = (name: string): void => {
    const type = types.get(name)
    if (tails.has(name) || type === undefined) return
    tails.add(name)
    for (const fields of fieldsIn(type)) {
      const last = partsOf(fields).at(-1)
      if (last) addType(last.type)
    }
  }
  add(root)
  return tails
}
