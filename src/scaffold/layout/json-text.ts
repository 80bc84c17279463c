/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** The width of a line in the `biome.json` of the templates. */
const WIDTH = 120

/**
 * Formats JSON as Biome does: an object on several lines, a list of plain values on one line if it fits. `used` is the number of
 * other characters in its line: those before it, and a comma after it.
 */
export function formatJson(json: Json, indent = '', used = indent.length): string {
  const inner = `${indent}  `
  if (Array.isArray(json)) {
    const items = json as readonly Json[]
    const isPlain = items.every((item) => typeof item !== 'object' || item === null)
    // A nested list is never put on one line: formatting it twice on each level would take exponential time.
    const flat = isPlain ? `[${items.map((item) => formatJson(item)).join(', ')}]` : undefined
    if (flat !== undefined && used + flat.length <= WIDTH) return flat
    const lines = items.map((item, at) => `${inner}${formatJson(item, inner, inner.length + comma(at, items))}`)
    return `[\n${lines.join(',\n')}\n${indent}]`
  }
  if (typeof json !== 'object' || json === null) return JSON.stringify(json)
  const entries = Object.entries(json)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([key, value], at) => {
    const name = `${inner}${JSON.stringify(key)}: `
    return `${name}${formatJson(value, inner, name.length + comma(at, entries))}`
  })
  return `{\n${lines.join(',\n')}\n${indent}}`
}

/** Returns the length of what follows an item of a list: a comma, or nothing. */
const comma = (at: number, items: readonly unknown[]): number => (at < items.length - 1 ? 1 : 0)

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
