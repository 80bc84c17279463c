/** As wide as the formatter of a service lets lines be. */
const WIDTH = 120

/** A declaration of a union, on one line or on one each. */
export function unionOf(name: string, members: readonly string[]): string {
  const line = `export type ${name} = ${members.join(' | ')}`
  return line.length <= WIDTH ? line : `export type ${name} =${members.map((member) => `\n  | ${member}`).join('')}`
}

/** An import of names, sorted. */
export function importOf(head: 'import' | 'import type', names: readonly string[], from: string): string {
  const sorted = [...new Set(names)].sort()
  const line = `${head} { ${sorted.join(', ')} } from '${from}'`
  if (line.length <= WIDTH) return line
  return `${head} {\n${sorted.map((name) => `  ${name},`).join('\n')}\n} from '${from}'`
}

/** A property that is a list, inside of an object. */
export function listOf(name: string, items: readonly string[]): string {
  const line = `  ${name}: [${items.join(', ')}],`
  return line.length <= WIDTH ? line : `  ${name}: [\n${items.map((item) => `    ${item},`).join('\n')}\n  ],`
}
