/** What may hold a brace without meaning it, what a function begins with, and the brackets themselves. */
const signs =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\b[bc]?r(#*)"[\s\S]*?"\1|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))'|\bfn\s+[\w$#]+|[()[\]{};]/g

/** A stretch of a text. */
interface Range {
  readonly from: number
  readonly to: number
}

/**
 * A text of Rust without what stands in the bodies of its functions. Nine tenths of a service are in them, and next to
 * nothing of its types; a body is parsed when somebody asks for it.
 */
export function rangesOutsideBodies(text: string): readonly Range[] {
  const ranges: Range[] = []
  let kept = 0
  let signature: number | undefined
  let body: number | undefined
  let depth = 0
  for (const { 0: sign, index } of text.matchAll(signs)) {
    if (sign.startsWith('fn') && body === undefined) {
      signature = index
      depth = 0
    } else if (signature === undefined || sign.length > 1) continue
    else if (sign === '{' && depth === 0 && body === undefined && !isArgument(text.slice(signature, index))) {
      body = index + 1
      depth = 1
    } else if (sign === ';') {
      if (depth === 0) signature = undefined
    } else if (/[([{]/.test(sign)) depth += 1
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

/** Whether a brace behind this begins an argument, as in `-> Key<{ 4 + 4 }>`, and no body. */
const isArgument = (before: string): boolean =>
  /<\s*$/.test(before) || (/,\s*$/.test(before) && !/\bwhere\b/.test(before))
