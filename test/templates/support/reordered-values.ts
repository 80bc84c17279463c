import type { Schema, Type } from '../../../src/schema/model.ts'
import { isSet } from '../../unit/schema/support/random-values.ts'

/** Whether Rust may write the items of a value in another order than it read them. */
export function isReordered(schema: Schema, type: Type, seen = new Set<string>()): boolean {
  const parts = (held: readonly Type[]) => held.some((part) => isReordered(schema, part, seen))
  switch (type.kind) {
    case 'sequence':
      return isSet(type.name) || type.name === 'BinaryHeap' || parts([type.item])
    case 'map':
      return true
    case 'option':
    case 'array':
      return parts([type.item])
    case 'tuple':
      return parts(type.items)
    case 'result':
      return parts([type.ok, type.error])
    case 'named': {
      if (seen.has(type.name)) return false
      seen.add(type.name)
      const named = schema.types.get(type.name)
      const held = named?.kind === 'struct' ? [named.fields] : (named?.variants ?? []).map(({ fields }) => fields)
      return held.some((fields) => {
        if (fields.kind === 'tuple') return parts(fields.items)
        return fields.kind === 'fields' && parts(fields.fields.map((field) => field.type))
      })
    }
    default:
      return false
  }
}

/** The text of a value with all its items sorted, to compare values that differ only in their order. */
export const sorted = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(sorted).sort().join()}]`
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${sorted(inner)}`)
    .sort()
    .join()}}`
}
