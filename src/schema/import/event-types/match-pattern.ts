import type { RustVariant } from '../../../rust/ast.ts'
import { lastSegment } from '../../../rust/rust-text.ts'
import { childrenOf, type Source, type SyntaxNode } from '../../../rust/source.ts'
import type { Item } from '../crates/module.ts'

/** How a pattern matches a variant. */
export interface PatternMatch {
  /** The pattern is `_` or a variable, and so matches every variant. */
  readonly isDefault: boolean
  /** The pattern matches every value of the variant. */
  readonly isSure: boolean
  /** The variable that is bound to the payload of a newtype variant. */
  readonly payloadVariable?: string
  /** The variable that is bound to the enum itself. */
  readonly selfVariable?: string
}

/** Matches a pattern against a variant of the enum `item`. Returns `undefined` if the pattern matches no value of the variant. */
export function matchPattern(
  pattern: SyntaxNode,
  source: Source,
  variant: RustVariant,
  item: Item,
): PatternMatch | undefined {
  const parts = childrenOf(pattern)
  const text = source.textOf(pattern).replaceAll(/\s+/g, '')
  const everyValue = { isDefault: false, isSure: true }
  switch (pattern.name) {
    case '_':
      return { isDefault: true, isSure: true }
    case 'OrPattern': {
      const matches = parts.flatMap((part) =>
        part.name === '|' ? [] : (matchPattern(part, source, variant, item) ?? []),
      )
      return matches.find(({ isSure }) => isSure) ?? matches[0]
    }
    case 'ReferencePattern':
    case 'RefPattern':
    case 'MutPattern':
    case 'CapturedPattern': {
      const inner = parts.at(-1)
      return inner && matchPattern(inner, source, variant, item)
    }
    case 'TuplePattern':
    case 'StructPattern': {
      const [path] = parts
      if (!path || lastSegment(source.textOf(path)) !== variant.name) return undefined
      const isSure = parts.slice(1).every((part) => isIrrefutable(part, source))
      const bound = pattern.name === 'TuplePattern' ? boundVariable(parts[2]) : undefined
      return bound ? { isDefault: false, isSure, payloadVariable: source.textOf(bound) } : { isDefault: false, isSure }
    }
    case 'ScopedIdentifier':
      return lastSegment(text) === variant.name ? everyValue : undefined
    case 'BoundIdentifier':
      if (item.rust.kind === 'enum' && item.rust.variants.some(({ name }) => name === text)) {
        return text === variant.name ? everyValue : undefined
      }
      return { isDefault: true, isSure: true, selfVariable: text }
    default:
      return undefined
  }
}

/** Whether a pattern inside the pattern of a variant matches every value. */
function isIrrefutable(pattern: SyntaxNode, source: Source): boolean {
  const parts = childrenOf(pattern)
  const inner = parts.at(-1)
  switch (pattern.name) {
    case '_':
    case '..':
    case ',':
    case '(':
    case ')':
    case '{':
    case '}':
      return true
    case 'BoundIdentifier':
      // A name in upper case is a variant such as `None`, or a constant.
      return /^(r#)?[a-z_]/.test(source.textOf(pattern))
    case 'FieldPatternList':
      return parts.every((part) => isIrrefutable(part, source))
    case 'TuplePattern':
      return parts[0]?.name === '(' && parts.every((part) => isIrrefutable(part, source))
    case 'OrPattern':
      return parts.some((part) => part.name !== '|' && isIrrefutable(part, source))
    case 'RefPattern':
    case 'MutPattern':
    case 'ReferencePattern':
    case 'CapturedPattern':
    case 'FieldPattern':
      return inner !== undefined && isIrrefutable(inner, source)
    default:
      return false
  }
}

/** The variable that a pattern binds to the whole value, as `event`, `ref event` and `&event` do. */
function boundVariable(pattern: SyntaxNode | undefined): SyntaxNode | undefined {
  if (!pattern || pattern.name === 'BoundIdentifier') return pattern
  return /^(Ref|Mut|Reference)Pattern$/.test(pattern.name) ? boundVariable(childrenOf(pattern).at(-1)) : undefined
}
