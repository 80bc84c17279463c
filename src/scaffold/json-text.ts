import type { Json } from './template.ts'

const WIDTH = 100

/** JSON as formatters write it: objects open, a list of plain values on one line while there is room. */
export function formatJson(json: Json, indent = ''): string {
  const inner = `${indent}  `
  if (Array.isArray(json)) {
    const items = json as readonly Json[]
    const isPlain = items.every((item) => typeof item !== 'object' || item === null)
    const flat = `[${items.map((item) => formatJson(item)).join(', ')}]`
    if (isPlain && indent.length + flat.length < WIDTH) return flat
    return `[\n${items.map((item) => `${inner}${formatJson(item, inner)}`).join(',\n')}\n${indent}]`
  }
  if (typeof json !== 'object' || json === null) return JSON.stringify(json)
  const entries = Object.entries(json)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([key, value]) => `${inner}${JSON.stringify(key)}: ${formatJson(value, inner)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}
