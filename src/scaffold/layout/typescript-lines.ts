import { inNaturalOrder } from './natural-order.ts'

/** The line width of the formatter in generated services. */
export const LINE_WIDTH = 120

/** Formats the declaration of a union, on one line or with one member on each line. */
export function unionOf(name: string, members: readonly string[]): string {
  const line = `export type ${name} = ${members.join(' | ')}`
  return line.length <= LINE_WIDTH
    ? line
    : `export type ${name} =${members.map((member) => `\n  | ${member}`).join('')}`
}

/** Formats an import with sorted names. */
export function importOf(head: 'import' | 'import type', names: readonly string[], from: string): string {
  const sorted = [...new Set(names)].sort(inNaturalOrder)
  const line = `${head} { ${sorted.join(', ')} } from '${from}'`
  if (line.length <= LINE_WIDTH) return line
  return `${head} {\n${sorted.map((name) => `  ${name},`).join('\n')}\n} from '${from}'`
}

/** Formats a property that holds a list, in an object that is indented by `indent` spaces. */
export function listOf(name: string, items: readonly string[], indent = 0): string {
  const margin = ' '.repeat(indent + 2)
  const line = `${margin}${name}: [${items.join(', ')}],`
  if (line.length <= LINE_WIDTH) return line
  return `${margin}${name}: [\n${items.map((item) => `${margin}  ${item},`).join('\n')}\n${margin}],`
}

/** Formats a JSON value as a TypeScript literal. */
export function literalOf(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, inner]) => {
    return `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)}: ${literalOf(inner)}`
  })
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

const quoted = (text: string): string => {
  const json = JSON.stringify(text)
  return /['\\]/.test(json) ? json : `'${text}'`
}
