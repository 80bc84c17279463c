import { closingBrackets, type Token } from './tokens.ts'

/** The value of a macro variable: its tokens, or for a variable inside a repetition the bindings of each iteration. */
export type Bound = readonly Token[] | { readonly iterations: readonly Bindings[] }
export type Bindings = ReadonlyMap<string, Bound>

/** How many characters may still be written, because a macro may repeat its arguments without bound. */
export interface Budget {
  left: number
}

/**
 * Returns tokens as source text, with macro variables replaced by their values. Once the budget is spent, the rest is left out.
 */
export function transcribe(
  tokens: readonly Token[],
  bindings: Bindings = new Map(),
  budget: Budget = { left: Number.POSITIVE_INFINITY },
): string {
  const parts: string[] = []
  for (let at = 0; at < tokens.length && budget.left > 0; at += 1) {
    const token = tokens[at] as Token
    budget.left -= token.text.length + 1
    const next = tokens[at + 1]
    if (token.text === '$' && next?.group) {
      const { separator, length } = repetitionAt(tokens, at + 2)
      parts.push(
        iterationsOf(next.group, bindings)
          .map((iteration) => transcribe(next.group ?? [], iteration, budget))
          .join(` ${separator} `),
      )
      at += length + 1
    } else if (token.kind === 'variable') {
      const bound = bindings.get(token.text)
      parts.push(Array.isArray(bound) ? transcribe(bound as readonly Token[], undefined, budget) : token.text)
    } else if (token.group)
      parts.push(`${token.text} ${transcribe(token.group, bindings, budget)} ${closingBrackets[token.text]}`)
    else parts.push(token.text)
  }
  return parts.join(' ')
}

/** The bindings for each iteration of a repetition, found by the variables that its body uses. */
function iterationsOf(body: readonly Token[], bindings: Bindings): Bindings[] {
  const used = new Set(namesUsed(body))
  for (const [name, bound] of bindings) {
    if (!used.has(name) || Array.isArray(bound)) continue
    const { iterations } = bound as { readonly iterations: readonly Bindings[] }
    // The body may also use variables from outside of the repetition.
    return iterations.map((iteration, index) => {
      const merged = new Map([...bindings, ...iteration])
      for (const [other, outer] of bindings) {
        if (Array.isArray(outer) || !used.has(other)) continue
        const inner = (outer as { readonly iterations: readonly Bindings[] }).iterations[index]?.get(other)
        if (inner) merged.set(other, inner)
      }
      return merged
    })
  }
  return []
}

const namesUsed = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.group ? namesUsed(token.group) : token.kind === 'variable' ? [token.text] : []))

/** Reads the separator and the operator after a repetition, such as `,*`. `length` is the number of their tokens. */
export function repetitionAt(
  tokens: readonly Token[],
  at: number,
): { separator: string; operator: string; length: number } {
  const first = tokens[at]?.text ?? ''
  if (/^[*+?]$/.test(first)) return { separator: '', operator: first, length: 1 }
  return { separator: first, operator: tokens[at + 1]?.text ?? '*', length: 2 }
}
