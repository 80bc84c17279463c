import type { Expression } from '../ast.ts'

/** A token, or the tokens between two brackets. */
export interface Token {
  /** The source text; of a group, the opening bracket. */
  readonly text: string
  readonly group: readonly Token[] | undefined
  readonly kind: 'literal' | 'lifetime' | 'variable' | 'name' | 'sign' | 'group'
}

export const closingBrackets: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Matches one token. Strings, characters and lifetimes come first, because they may contain the text of other tokens. */
const lexeme =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<string>[bc]?r(?<hashes>#*)"[\s\S]*?"\k<hashes>|[bc]?"(?:[^"\\]|\\[\s\S])*"|b?'(?:[^'\\]|\\[^\n]*?)')|(?<lifetime>'[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}_][\p{L}\p{N}_]*)|(?<name>(?:r#)?[\p{L}_][\p{L}\p{N}_]*)|(?<number>\d[\w.]*)|(?<sign>::|=>|->|<<|>>|[\s\S])/uy

/**
 * Returns the tokens between the outer brackets of a macro call, pattern or body. The syntax tree omits some punctuation that
 * matters to macros, so this splits the source text again.
 */
export function tokensInside({ node, source }: Expression): Token[] {
  const stack: { readonly open: string; readonly tokens: Token[] }[] = [{ open: '', tokens: [] }]
  const text = source.text.slice(node.from + 1, node.to - 1)
  lexeme.lastIndex = 0
  for (let found = lexeme.exec(text); found; found = lexeme.exec(text)) {
    const { string, lifetime, variable, name, number, sign } = found.groups ?? {}
    const top = stack.at(-1)
    if (sign !== undefined && closingBrackets[sign] !== undefined) stack.push({ open: sign, tokens: [] })
    else if (sign !== undefined && top && sign === closingBrackets[top.open]) {
      stack.pop()
      stack.at(-1)?.tokens.push({ text: top.open, group: top.tokens, kind: 'group' })
    } else {
      const isLiteral = Boolean(string) || Boolean(number)
      const kind = isLiteral ? 'literal' : lifetime ? 'lifetime' : variable ? 'variable' : name ? 'name' : 'sign'
      const written = string ?? lifetime ?? variable ?? name ?? number ?? sign
      if (written !== undefined) top?.tokens.push({ text: written, group: undefined, kind })
    }
  }
  return stack[0]?.tokens ?? []
}
