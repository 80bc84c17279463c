/**
 * Matches comments, strings and characters, which may contain braces; `fn` with a name, which begins a function; and the
 * brackets and semicolons outside of them.
 */
const tokens =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\b[bc]?r(#*)"[\s\S]*?"\1|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))'|\bfn\s+[\w$#]+|[()[\]{};]/g

/** A range of character offsets. */
interface TextRange {
  readonly from: number
  readonly to: number
}

/**
 * The ranges of a Rust source text outside of function bodies. Nine tenths of a service are function bodies, which contain
 * almost nothing of its types, so a body is parsed only on use (see `LazyFunction`).
 */
export function rangesOutsideBodies(text: string): readonly TextRange[] {
  const ranges: TextRange[] = []
  let kept = 0
  let signature: number | undefined
  let body: number | undefined
  let depth = 0
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token.startsWith('fn') && body === undefined) {
      signature = index
      depth = 0
    } else if (signature === undefined || token.length > 1) continue
    else if (token === '{' && depth === 0 && body === undefined && !isConstArgument(text.slice(signature, index))) {
      body = index + 1
      depth = 1
    } else if (token === ';') {
      if (depth === 0) signature = undefined
    } else if (/[([{]/.test(token)) depth += 1
    else {
      depth -= 1
      if (depth < 0) signature = undefined
      if (depth > 0 || body === undefined) continue
      if (body < index) {
        ranges.push({ from: kept, to: body })
        kept = index
      }
      signature = undefined
      body = undefined
    }
  }
  return [...ranges, { from: kept, to: text.length }]
}

/** Whether a brace after this text begins a const argument, as in `-> Key<{ 4 + 4 }>`, and not a body. */
const isConstArgument = (before: string): boolean =>
  /<\s*$/.test(before) || (/,\s*$/.test(before) && !/\bwhere\b/.test(before))
