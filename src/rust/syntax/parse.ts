import { parser } from '@lezer/rust'
import type { TextRange } from '../bodies.ts'
import { codeTokenFinder } from '../code-tokens.ts'
import type { SyntaxNode } from '../source.ts'

/** `pub` before a tuple type, as in `struct Point(pub (f64, f64));`, and not the visibility `pub(crate)`. */
const pubOfTuple = /\bpub(?=\s*\((?!\s*(?:(?:crate|self|super)\s*\)|in\b)))/
const findPubOfTuple = codeTokenFinder(pubOfTuple)

/** Parses Rust source text, or only some ranges of it, to a syntax tree with the offsets of the whole text. */
export function parseRust(text: string, ranges?: readonly TextRange[]): SyntaxNode {
  // Offsets in the tree count from the start of the first range, so add one at the start of the text.
  const isLater = (ranges?.[0]?.from ?? 0) > 0
  const fromStart = ranges && isLater ? [{ from: 0, to: 0 }, ...ranges] : ranges
  return parser.parse(withoutPubOfTuples(text), undefined, fromStart).topNode
}

/** The grammar takes `pub (f64, f64)` for a visibility, so this replaces such a `pub`, which says nothing about the bytes. */
function withoutPubOfTuples(text: string): string {
  if (!pubOfTuple.test(text)) return text
  const parts: string[] = []
  let start = 0
  for (const { at } of findPubOfTuple(text)) {
    parts.push(text.slice(start, at), '   ')
    start = at + 3
  }
  return parts.join('') + text.slice(start)
}

/** Whether a syntax tree contains a syntax error. */
export const hasError = (node: SyntaxNode): boolean => hasErrorAfter(node, 0)

/** Whether a syntax tree contains a syntax error at or after an offset. */
export function hasErrorAfter(node: SyntaxNode, offset: number): boolean {
  let found = false
  node.cursor().iterate((part) => {
    found ||= part.type.isError && part.from >= offset
    return !found
  })
  return found
}
