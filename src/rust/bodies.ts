import { codeTokenFinder } from './code-tokens.ts'

/** Finds `fn` with a name, which begins a function, and brackets and semicolons. */
const functionTokens = codeTokenFinder(/\bfn\s+[\p{ID_Continue}$#]+|[()[\]{};]/u)

/** A range of character offsets. */
export interface TextRange {
  readonly from: number
  readonly to: number
}

/**
 * Returns the ranges of a Rust source text outside of function bodies. Nine tenths of a service's source are function bodies,
 * which say almost nothing about its types, so a body is parsed only when it is needed (see `LazyFunction`).
 */
export function rangesOutsideBodies(text: string): readonly TextRange[] {
  const ranges: TextRange[] = []
  /** Where the current range begins. */
  let rangeStart = 0
  /** Where the current function and its body begin. */
  let functionStart: number | undefined
  let bodyStart: number | undefined
  /** The number of open brackets in the signature, or in the body with its own. */
  let depth = 0
  for (const { text: token, at: index } of functionTokens(text)) {
    if (token.startsWith('fn') && bodyStart === undefined) {
      functionStart = index
      depth = 0
    } else if (functionStart === undefined || token.length > 1) continue
    else if (
      token === '{' &&
      depth === 0 &&
      bodyStart === undefined &&
      !isConstArgument(text.slice(functionStart, index))
    ) {
      bodyStart = index + 1
      depth = 1
    } else if (token === ';') {
      if (depth === 0) functionStart = undefined
    } else if (/[([{]/.test(token)) depth += 1
    else {
      depth -= 1
      if (depth < 0) functionStart = undefined
      if (depth > 0 || bodyStart === undefined) continue
      if (bodyStart < index) {
        ranges.push({ from: rangeStart, to: bodyStart })
        rangeStart = index
      }
      functionStart = undefined
      bodyStart = undefined
    }
  }
  return [...ranges, { from: rangeStart, to: text.length }]
}

/** Whether a brace after this text begins a const argument, as in `-> Key<{ 4 + 4 }>`, and not a body. */
export const isConstArgument = (before: string): boolean =>
  /<\s*$/.test(before) || (/,\s*$/.test(before) && !/\bwhere\b/.test(before))
