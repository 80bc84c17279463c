import { namesIn } from '../inner-types.ts'
import type { Schema } from '../model.ts'
import { fieldsIn, partsOf } from './parts.ts'

/**
 * Lists the event types whose payloads contain each type, by the type's name. A variant that payloads can begin with
 * has an entry of its own, `Enum.Variant`. A variant without an event type stands under its path.
 */
export function eventsByType({ root, types, events }: Schema): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const eventsOf = new Map<string, string[]>()
  for (const [event, path] of events) eventsOf.set(path, [...(eventsOf.get(path) ?? []), event])
  const note = (name: string, labels: readonly string[]) =>
    found.set(name, [...new Set([...(found.get(name) ?? []), ...labels])])
  const reach = (name: string, labels: readonly string[], seen: Set<string>): void => {
    if (seen.has(name)) return
    seen.add(name)
    note(name, labels)
    const parts = fieldsIn(types.get(name)).flatMap(partsOf)
    for (const part of parts) for (const inner of namesIn(part.type)) reach(inner, labels, seen)
  }
  const begin = (name: string, path: string, outer: readonly string[]): string[] => {
    const type = types.get(name)
    if (type?.kind !== 'enum') return []
    const all: string[] = []
    for (const variant of type.variants) {
      const here = path === '' ? variant.name : `${path}.${variant.name}`
      const [only, ...more] = variant.fields.kind === 'tuple' ? variant.fields.items : []
      const isEnum = only?.kind === 'named' && more.length === 0 && types.get(only.name)?.kind === 'enum'
      const inner = isEnum && !outer.includes(only.name) ? begin(only.name, here, [...outer, only.name]) : []
      const labels = inner.length > 0 ? inner : (eventsOf.get(here) ?? [here])
      note(`${name}.${variant.name}`, labels)
      if (inner.length === 0) {
        const seen = new Set<string>()
        for (const part of partsOf(variant.fields)) for (const held of namesIn(part.type)) reach(held, labels, seen)
      }
      all.push(...labels)
    }
    note(name, all)
    return all
  }
  begin(root, '', [root])
  return found
}
