import { namesLike } from '../../bus/names/names-like.ts'
import { importedWith } from '../cfg-answers.ts'
import { jsonText } from '../json-text.ts'
import type { Schema } from '../model.ts'
import { namesVariant, type Variant, type VariantTree, variantsOf } from './variants.ts'

export type FoundVariant =
  | { readonly kind: 'one'; readonly variant: Variant }
  | { readonly kind: 'several' | 'none'; readonly reason: string }

/**
 * Finds the variant for an event type of the schema (`OrderPlaced.v1`), a path (`Inventory.SeatReserved`) or the last name of
 * a path. If no variant or more than one matches, the result has the reason.
 */
export function findVariant(schema: Schema, tree: VariantTree, name: string): FoundVariant {
  const eventPath = schema.events.get(name)
  const all = [...variantsOf(tree)]
  if (eventPath !== undefined) {
    const variant = all.find(({ path }) => path === eventPath)
    if (variant !== undefined) return { kind: 'one', variant }
    return { kind: 'none', reason: `${name} is variant ${eventPath}, which ${schema.root} does not have` }
  }
  const exact = all.find(({ path }) => path === name)
  const matches = exact === undefined ? all.filter(({ path }) => namesVariant(name, path)) : [exact]
  const [variant, ...others] = matches
  // A variant of the root takes precedence over variants of the enums inside it.
  if (variant !== undefined && (others.length === 0 || variant.indexes.length === 1)) return { kind: 'one', variant }
  if (variant !== undefined) {
    return { kind: 'several', reason: `${name} is ambiguous: write ${matches.map(({ path }) => path).join(' or ')}` }
  }
  const withoutVersion = name.replace(/\.v\d+$/, '')
  const [near] = namesLike(withoutVersion, new Set(all.flatMap(({ path, name: last }) => [path, last])))
  const options = importedWith(schema)
  const suggestion = near === undefined ? (options === undefined ? '' : `; ${options}`) : `: did you mean ${near}?`
  return {
    kind: 'none',
    reason: `${schema.root} has no variant ${jsonText(withoutVersion.slice(0, 100))}${suggestion}`,
  }
}
