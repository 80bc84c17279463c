import { isConstArgument, type TextRange } from '../bodies.ts'
import { codeTokenFinder } from '../code-tokens.ts'

/** Finds brackets, semicolons, and the words that say how a declaration ends. */
const tokens = codeTokenFinder(
  /[()[\]{};]|\b(?:use|const|static|type|let|extern|fn|struct|enum|union|mod|impl|trait)\b/,
)

/**
 * Splits source text at the ends of its declarations: semicolons and closing braces outside of brackets. A syntax error in one
 * declaration then says nothing about the others.
 */
export function declarationRanges(text: string, { from, to }: TextRange): TextRange[] {
  const ranges: TextRange[] = []
  let start = from
  let depth = 0
  /** Whether the declaration ends with a semicolon even after a brace, as in `const N: usize = { 4 };`. */
  let endsWithSemicolon = false
  let keyword: string | undefined
  const end = (at: number) => {
    ranges.push({ from: start, to: at })
    start = at
    keyword = undefined
    endsWithSemicolon = false
  }
  for (const { text: token, at: offset } of tokens(text.slice(from, to))) {
    const at = from + offset
    if (/\w/.test(token)) {
      if (depth > 0) continue
      // `const fn f() {}` and `extern "C" fn f() {}` are functions; the keyword that counts is the last one of these.
      if (keyword === undefined || keyword === 'const' || keyword === 'extern') {
        keyword = token
        endsWithSemicolon = /^(use|const|static|type|let)$/.test(token)
      }
    } else if (token === ';') {
      if (depth === 0) end(at + 1)
    } else if (/[([{]/.test(token)) {
      if (token === '{' && depth === 0 && isConstArgument(text.slice(start, at))) endsWithSemicolon = true
      depth += 1
    } else {
      // A bracket too many is part of the declaration that it ends.
      depth = Math.max(0, depth - 1)
      if (depth === 0 && token === '}' && !endsWithSemicolon) end(at + 1)
    }
  }
  if (text.slice(start, to).trim() !== '') ranges.push({ from: start, to })
  return ranges
}

/** The braces of `mod name { … }`: the range of its content. `undefined` for any other declaration. */
export function moduleContent(text: string, { from, to }: TextRange): TextRange | undefined {
  const head = /\bmod\s+(?:r#)?[\p{L}_][\p{L}\p{N}_]*\s*$/u
  const braces = [...codeTokenFinder(/[{}]/)(text.slice(from, to))]
  const [open, close] = [braces[0], braces.at(-1)]
  if (open?.text !== '{' || close?.text !== '}' || !head.test(text.slice(from, from + open.at))) return undefined
  return { from: from + open.at + 1, to: from + close.at }
}
