import { type Name, type Spelling, spellings } from '../name.ts'

/** A replacement for an example word of a template: for a name in all spellings, or for a literal text. */
export type Swap =
  | { readonly kind: 'name'; readonly from: Name; readonly to: Name }
  | { readonly kind: 'text'; readonly from: string; readonly to: string }

/** Patterns of characters before and after a text in each spelling that make the text a part of another word. */
const edges: Readonly<Record<Spelling, readonly [before: string, after: string]>> = {
  kebab: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  snake: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  screaming: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  plain: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  sentence: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  // These two also occur inside compound names, such as placeOrderLine and orderLineId.
  camel: ['[A-Za-z0-9]', '[a-z0-9]'],
  pascal: ['', '[a-z0-9]'],
}

/**
 * Returns a function that replaces all words of a text in one pass, the longest first, so that no replacement is replaced again. Of
 * two replacements for one word, the first counts.
 */
export function renamer(swaps: readonly Swap[]): (text: string) => string {
  const found = new Map<string, { readonly pattern: string; readonly to: string }>()
  for (const swap of swaps) {
    if (swap.kind === 'text') {
      if (!found.has(swap.from)) found.set(swap.from, { pattern: textPattern(swap.from), to: swap.to })
      continue
    }
    for (const [spelling, spell] of Object.entries(spellings) as [Spelling, (name: Name) => string][]) {
      const from = spell(swap.from)
      const [before, after] = edges[spelling]
      const pattern = `${before && `(?<!${before})`}${literal(from)}(?!${after})`
      if (!found.has(from)) found.set(from, { pattern, to: spell(swap.to) })
    }
  }
  if (found.size === 0) return (text) => text
  const longestFirst = [...found].sort(([a], [b]) => b.length - a.length)
  const all = new RegExp(longestFirst.map(([, { pattern }]) => pattern).join('|'), 'g')
  return (text) => text.replace(all, (match) => found.get(match)?.to ?? match)
}

/** Returns a pattern for a text. If the text begins or ends like a word, the pattern does not match inside a longer word. */
function textPattern(text: string): string {
  const edge = '[A-Za-z0-9_$]'
  const before = /^[A-Za-z0-9_$]/.test(text) ? `(?<!${edge})` : ''
  const after = /[A-Za-z0-9_$]$/.test(text) ? `(?!${edge})` : ''
  return `${before}${literal(text)}${after}`
}

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
