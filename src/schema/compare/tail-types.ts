import { innerTypes } from '../inner-types.ts'
import type { Schema, Type } from '../model.ts'
import { fieldsIn, partsOf } from './parts.ts'

/** The schema's types that can be the last part of a payload, so that nothing follows their bytes. */
export function tailTypes({ root, types }: Schema): Set<string> {
  const tails = new Set<string>()
  const addType = (type: Type): void => {
    if (type.kind === 'named') add(type.name)
    const last = innerTypes(type).at(-1)
    if (last) addType(last)
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
