import type { Type } from './model.ts'

/** The types that a type is directly made of, in the order of the bytes. */
export function innerTypes(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'option':
    case 'sequence':
    case 'array':
      return [type.item]
    case 'map':
      return [type.key, type.value]
    case 'result':
      return [type.ok, type.error]
    case 'tuple':
      return type.items
    default:
      return []
  }
}

/** The names of the schema's own types in a type, at any depth. */
export const namesIn = (type: Type): string[] =>
  type.kind === 'named' ? [type.name] : innerTypes(type).flatMap(namesIn)
