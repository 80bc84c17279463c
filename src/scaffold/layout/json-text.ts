import type { Json } from '../template/template.ts'

const WIDTH = 100

/** JSON as formatters write it: objects open, a list of plain values on one line while there is room. */
export function formatJson(json: Json, indent = ''): string {
  const inner = `${indent}  `
  if (Array.isArray(json)) {
    const items = json as readonly Json[]
    const isPlain = items.every((item) => typeof item !== 'object' || item === null)
    // Not of lists in lists: each level would double the work of the level below.
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

/** Files of projects stay far below it, and what reads them calls itself for every level. */
const MAX_DEPTH = 100

/** Why a JSON text is not to be read: brackets within brackets by the thousand would use up the stack. */
export function whyTooDeep(text: string): string | undefined {
  let depth = 0
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    if (depth > MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} levels deep`
  }
  return undefined
}
