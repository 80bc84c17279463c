/** As wide as the formatter of a service lets lines be. */
const WIDTH = 120

/** What follows `head` in a union of names, on one line or on one each. */
export function unionOf(head: string, names: readonly string[]): string {
  const line = ` ${names.join(' | ')}`
  return head.length + line.length <= WIDTH ? line : names.map((name) => `\n  | ${name}`).join('')
}

/** A whole import of names, sorted. */
export function importOf(head: string, names: readonly string[], from: string): string {
  const sorted = [...new Set(names)].sort()
  const line = `${head} { ${sorted.join(', ')} } from '${from}'`
  if (line.length <= WIDTH) return line
  return `${head} {\n${sorted.map((name) => `  ${name},`).join('\n')}\n} from '${from}'`
}

/** An array of texts that stands in a line `head`, which is indented by `indent`. */
export function listOf(head: string, items: readonly string[], indent: string): string {
  const line = `[${items.join(', ')}]`
  if (head.length + line.length <= WIDTH) return line
  return `[\n${items.map((item) => `${indent}  ${item},`).join('\n')}\n${indent}]`
}
