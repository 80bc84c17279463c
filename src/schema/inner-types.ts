import type { Type } from './model.ts'

/** The types directly inside a type, such as the key and the value of a map, in the order in which bincode encodes them. */
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

/** The names of all structs and enums of the schema that a type mentions, at any depth. */
export const namesIn = (type: Type): string[] =>
  type.kind === 'named' ? [type.name] : innerTypes(type).flatMap(namesIn)
