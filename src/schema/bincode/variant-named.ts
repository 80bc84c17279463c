import { namesLike } from '../../bus/names-like.ts'
import { jsonText } from '../json-text.ts'
import type { Schema } from '../model.ts'
import { means, type Variant, type VariantTree, variantsOf } from './variants.ts'

/** The variant that an event type or a path names, or a sentence why there is none. */
export function variantNamed(schema: Schema, tree: VariantTree, name: string): Variant | string {
  const known = schema.events.get(name)
  const all = [...variantsOf(tree)]
  if (known !== undefined) {
    const variant = all.find(({ path }) => path === known)
    return variant ?? `${name} is the variant ${known}, which ${schema.root} does not have`
  }
  const exact = all.find(({ path }) => path === name)
  const meant = exact === undefined ? all.filter(({ path }) => means(name, path)) : [exact]
  const [variant] = meant
  // The enum's own variant goes before one of an enum inside it.
  if (meant.length === 1 || (variant !== undefined && variant.indexes.length === 1)) return variant as Variant
  if (variant !== undefined) return `${name} may be ${meant.map(({ path }) => path).join(' or ')}: write which`
  const bare = name.replace(/\.v\d+$/, '')
  const [near] = namesLike(bare, new Set(all.flatMap(({ path, name: last }) => [path, last])))
  return `${schema.root} has no variant ${jsonText(bare.slice(0, 100))}${near === undefined ? '' : `: did you mean ${near}?`}`
}
