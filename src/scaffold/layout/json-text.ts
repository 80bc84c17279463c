/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const WIDTH = 100

/** Formats JSON like common formatters: an object on several lines, a list of plain values on one line if the line is short. */
export function formatJson(json: Json, indent = ''): string {
  const inner = `${indent}  `
  if (Array.isArray(json)) {
    const items = json as readonly Json[]
    const isPlain = items.every((item) => typeof item !== 'object' || item === null)
    // A nested list is never put on one line: formatting it twice on each level would take exponential time.
    const flat = isPlain ? `[${items.map((item) => formatJson(item)).join(', ')}]` : undefined
    if (flat !== undefined && indent.length + flat.length < WIDTH) return flat
    return `[\n${items.map((item) => `${inner}${formatJson(item, inner)}`).join(',\n')}\n${indent}]`
  }
  if (typeof json !== 'object' || json === null) return JSON.stringify(json)
  const entries = Object.entries(json)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([key, value]) => `${inner}${JSON.stringify(key)}: ${formatJson(value, inner)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}

/** Limits the recursion of functions that read the JSON. Project files stay far below it. */
const MAX_DEPTH = 100

/** Returns why a JSON text is nested too deeply to be read without exhausting the stack, or `undefined`. */
export function whyTooDeep(text: string): string | undefined {
  let depth = 0
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    if (depth > MAX_DEPTH) return `the JSON is nested more than ${MAX_DEPTH} levels deep`
  }
  return undefined
}
