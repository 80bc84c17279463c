import { parser } from '@lezer/rust'
import type { TextRange } from '../bodies.ts'
import { codeTokenFinder } from '../code-tokens.ts'
import type { SyntaxNode } from '../source.ts'

/** `pub` before a tuple type, as in `struct Point(pub (f64, f64));`, and not the visibility `pub(crate)`. */
const pubOfTuple = /\bpub(?=\s*\((?!\s*(?:(?:crate|self|super)\s*\)|in\b)))/
/** The lifetimes before the traits of `dyn 'static + Send`, with `dyn`. */
const lifetimesFirst = /\b(?:dyn|impl)(?:\s+'[\p{ID_Continue}]+\s*\+)+/u
/** The characters of a name that are not ASCII, as in `struct Größe`. */
const notAscii = /(?:(?!\p{ASCII})\p{ID_Continue})+/u
/** A `$` that a macro passes on as a token of its own, as in `cases!(@rows $)`, and not `$name` or `$(…)`. */
const loneDollar = /\$(?!\s*[\p{L}_(])/u
const unknownSyntax = [pubOfTuple, lifetimesFirst, notAscii, loneDollar]
const hasUnknownSyntax = new RegExp(unknownSyntax.map(({ source }) => source).join('|'), 'u')
const findUnknownSyntax = codeTokenFinder(hasUnknownSyntax)

/** Parses Rust source text, or only some ranges of it, to a syntax tree with the offsets of the whole text. */
export function parseRust(text: string, ranges?: readonly TextRange[]): SyntaxNode {
  // Offsets in the tree count from the start of the first range, so add one at the start of the text.
  const isLater = (ranges?.[0]?.from ?? 0) > 0
  const fromStart = ranges && isLater ? [{ from: 0, to: 0 }, ...ranges] : ranges
  return parser.parse(withKnownSyntax(text), undefined, fromStart).topNode
}

/**
 * Replaces what the grammar does not know by other text of the same length. It takes `pub (f64, f64)` for a visibility, expects a
 * trait after `dyn`, knows only names of ASCII characters, and no `$` alone. Names and the tokens of macros are read from the source
 * text, so the tree needs only their offsets.
 */
function withKnownSyntax(text: string): string {
  if (!hasUnknownSyntax.test(text)) return text
  const parts: string[] = []
  let start = 0
  for (const { text: token, at } of findUnknownSyntax(text)) {
    parts.push(text.slice(start, at), knownSyntax(token))
    start = at + token.length
  }
  return parts.join('') + text.slice(start)
}

function knownSyntax(token: string): string {
  if (token === 'pub') return '   '
  if (token === '$') return '~'
  // No keyword of Rust contains a `Z`.
  return /^(dyn|impl)/.test(token) ? token.slice(0, 4).padEnd(token.length) : 'Z'.repeat(token.length)
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
