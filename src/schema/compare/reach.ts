import { namesIn } from '../inner-types.ts'
import type { Schema } from '../model.ts'
import { fieldsIn, partsOf } from './parts.ts'

/**
 * Lists the event types whose payloads contain each type, by the name of the type. A variant that payloads can begin with also
 * has an entry, `Enum.Variant`. The path of a variant stands for its event types if it has none.
 */
export function eventsByType({ root, types, events }: Schema): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const eventsOf = new Map<string, string[]>()
  for (const [event, path] of events) eventsOf.set(path, [...(eventsOf.get(path) ?? []), event])
  const addLabels = (name: string, labels: readonly string[]) =>
    found.set(name, [...new Set([...(found.get(name) ?? []), ...labels])])
  /** Adds the labels to a type and to all types inside it. */
  const addReachable = (name: string, labels: readonly string[], seen: Set<string>): void => {
    if (seen.has(name)) return
    seen.add(name)
    addLabels(name, labels)
    const parts = fieldsIn(types.get(name)).flatMap(partsOf)
    for (const part of parts) for (const inner of namesIn(part.type)) addReachable(inner, labels, seen)
  }
  /** Adds the labels of an enum that payloads begin with, variant by variant, and returns them. */
  const addEnum = (name: string, path: string, outer: readonly string[]): string[] => {
    const type = types.get(name)
    if (type?.kind !== 'enum') return []
    const all: string[] = []
    for (const variant of type.variants) {
      const here = path === '' ? variant.name : `${path}.${variant.name}`
      const [only, ...more] = variant.fields.kind === 'tuple' ? variant.fields.items : []
      const isEnum = only?.kind === 'named' && more.length === 0 && types.get(only.name)?.kind === 'enum'
      const inner = isEnum && !outer.includes(only.name) ? addEnum(only.name, here, [...outer, only.name]) : []
      const labels = inner.length > 0 ? inner : (eventsOf.get(here) ?? [here])
      addLabels(`${name}.${variant.name}`, labels)
      if (inner.length === 0) {
        const seen = new Set<string>()
        for (const part of partsOf(variant.fields))
          for (const contained of namesIn(part.type)) addReachable(contained, labels, seen)
      }
      all.push(...labels)
    }
    addLabels(name, all)
    return all
  }
  addEnum(root, '', [root])
  return found
}
