import { childOf, type Source, type SyntaxNode } from './source.ts'

/**
 * Where an item can be named: everywhere (`pub`), in its own module (no visibility), or in the module at a path: `crate` of
 * `pub(crate)`, `super`, or `crate::orders` of `pub(in crate::orders)`.
 */
export type Visibility = 'everywhere' | { readonly within: readonly string[] }

const PRIVATE: Visibility = { within: ['self'] }

/** Reads the visibility of an item. */
export function readVisibility(node: SyntaxNode, source: Source): Visibility {
  const vis = childOf(node, 'Vis')
  if (!vis) return PRIVATE
  const path = source.textOf(vis).match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []
  // `crate struct S` is an old form of `pub(crate)`.
  const [first, second, ...rest] = path
  if (first === 'crate') return { within: ['crate'] }
  if (second === undefined) return 'everywhere'
  return { within: second === 'in' ? rest : [second, ...rest] }
}
