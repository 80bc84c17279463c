import { namesLike } from '../../bus/names/names-like.ts'
import { jsonText } from '../json-text.ts'
import type { Schema } from '../model.ts'
import { namesVariant, type Variant, type VariantTree, variantsOf } from './variants.ts'

export type FoundVariant =
  | { readonly kind: 'one'; readonly variant: Variant }
  | { readonly kind: 'several' | 'none'; readonly reason: string }

/** Finds the variant that an event type or a path names, or says why there is none or more than one. */
export function findVariant(schema: Schema, tree: VariantTree, name: string): FoundVariant {
  const known = schema.events.get(name)
  const all = [...variantsOf(tree)]
  if (known !== undefined) {
    const variant = all.find(({ path }) => path === known)
    if (variant !== undefined) return { kind: 'one', variant }
    return { kind: 'none', reason: `${name} is variant ${known}, which ${schema.root} does not have` }
  }
  const exact = all.find(({ path }) => path === name)
  const meant = exact === undefined ? all.filter(({ path }) => namesVariant(name, path)) : [exact]
  const [variant, ...others] = meant
  // A variant of the root takes precedence over variants of the enums inside it.
  if (variant !== undefined && (others.length === 0 || variant.indexes.length === 1)) return { kind: 'one', variant }
  if (variant !== undefined) {
    return { kind: 'several', reason: `${name} is ambiguous: write ${meant.map(({ path }) => path).join(' or ')}` }
  }
  const bare = name.replace(/\.v\d+$/, '')
  const [near] = namesLike(bare, new Set(all.flatMap(({ path, name: last }) => [path, last])))
  const likely = near === undefined ? '' : `: did you mean ${near}?`
  return { kind: 'none', reason: `${schema.root} has no variant ${jsonText(bare.slice(0, 100))}${likely}` }
}
