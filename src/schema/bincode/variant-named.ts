import { namesLike } from '../../bus/names/names-like.ts'
import { jsonText } from '../json-text.ts'
import type { Schema } from '../model.ts'
import { means, type Variant, type VariantTree, variantsOf } from './variants.ts'

export type VariantNamed =
  | { readonly kind: 'one'; readonly variant: Variant }
  | { readonly kind: 'several' | 'none'; readonly reason: string }

/** The variant that an event type or a path names, or a sentence why it is none, or not one alone. */
export function variantNamed(schema: Schema, tree: VariantTree, name: string): VariantNamed {
  const known = schema.events.get(name)
  const all = [...variantsOf(tree)]
  if (known !== undefined) {
    const variant = all.find(({ path }) => path === known)
    if (variant !== undefined) return { kind: 'one', variant }
    return { kind: 'none', reason: `${name} is the variant ${known}, which ${schema.root} does not have` }
  }
  const exact = all.find(({ path }) => path === name)
  const meant = exact === undefined ? all.filter(({ path }) => means(name, path)) : [exact]
  const [variant, ...others] = meant
  // The enum's own variant goes before one of an enum inside it.
  if (variant !== undefined && (others.length === 0 || variant.indexes.length === 1)) return { kind: 'one', variant }
  if (variant !== undefined) {
    return { kind: 'several', reason: `${name} may be ${meant.map(({ path }) => path).join(' or ')}: write which` }
  }
  const bare = name.replace(/\.v\d+$/, '')
  const [near] = namesLike(bare, new Set(all.flatMap(({ path, name: last }) => [path, last])))
  const likely = near === undefined ? '' : `: did you mean ${near}?`
  return { kind: 'none', reason: `${schema.root} has no variant ${jsonText(bare.slice(0, 100))}${likely}` }
}
