import { type Name, type Spelling, spellings } from '../name.ts'

/** A word a template stands under, and what is there instead: a name in every spelling, or a text as it is. */
export type Swap =
  | { readonly kind: 'name'; readonly from: Name; readonly to: Name }
  | { readonly kind: 'text'; readonly from: string; readonly to: string }

/** What may not stand before and after each spelling, lest a piece of another word is taken for it. */
const edges: Readonly<Record<Spelling, readonly [before: string, after: string]>> = {
  kebab: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  snake: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  screaming: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  plain: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  sentence: ['[A-Za-z0-9]', '[A-Za-z0-9]'],
  // Words may be joined to these: placeOrderLine, orderLineId.
  camel: ['[A-Za-z0-9]', '[a-z0-9]'],
  pascal: ['', '[a-z0-9]'],
}

/**
 * The same text under other words. All of them change at once, the longest first, so that none changes another's; of two
 * swaps of the same word the first counts.
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

/** A text that begins or ends like a word is not found inside of one. */
function textPattern(text: string): string {
  const edge = '[A-Za-z0-9_$]'
  const before = /^[A-Za-z0-9_$]/.test(text) ? `(?<!${edge})` : ''
  const after = /[A-Za-z0-9_$]$/.test(text) ? `(?!${edge})` : ''
  return `${before}${literal(text)}${after}`
}

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
