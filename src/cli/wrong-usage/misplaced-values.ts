import type { FlagDefinition, FlagDefinitions } from './flag-definition.ts'

/** A flag without its value, or a flag that is given twice though it takes one value. */
export type MisplacedValue =
  | { readonly kind: 'no-value'; readonly flag: string; readonly next: string | undefined }
  | { readonly kind: 'twice'; readonly flag: string; readonly values: readonly string[] }

/** Finds the first flag of a command line that lacks its value or is repeated. Reads the words as oclif does. */
export function findMisplacedValue(argv: readonly string[], flags: FlagDefinitions): MisplacedValue | undefined {
  const given = new Map<string, string>()
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined && word !== '--'; word = rest.shift()) {
    const found = readFlag(word, flags)
    if (found === undefined) continue
    if (found.definition.type === 'boolean') {
      // The letters after a boolean flag are flags too: `-qe`.
      if (!word.startsWith('--') && word.length > 2) rest.unshift(`-${word.slice(2)}`)
      continue
    }
    const value = found.attached ?? rest.shift()
    if (value === undefined || readFlag(value, flags) !== undefined) {
      return { kind: 'no-value', flag: found.name, next: value }
    }
    const first = given.get(found.name)
    if (first !== undefined && !found.definition.multiple) {
      return { kind: 'twice', flag: found.name, values: [first, value] }
    }
    given.set(found.name, value)
  }
  return undefined
}

interface FoundFlag {
  readonly name: string
  readonly definition: FlagDefinition
  /** The value in the same word: `--from=start`, `-n5`. */
  readonly attached: string | undefined
}

function readFlag(word: string, flags: FlagDefinitions): FoundFlag | undefined {
  if (word.startsWith('--')) {
    const [name = '', ...value] = word.slice(2).split('=')
    return found(flags, name, value.length === 0 ? undefined : value.join('='))
  }
  if (!word.startsWith('-') || word.length < 2) return undefined
  const attached = word.slice(word[2] === '=' ? 3 : 2)
  return found(flags, word.charAt(1), attached === '' ? undefined : attached)
}

function found(flags: FlagDefinitions, name: string, attached: string | undefined): FoundFlag | undefined {
  const entry = Object.entries(flags).find(
    ([known, { char, aliases = [], allowNo }]) =>
      [known, char, ...aliases].includes(name) || (allowNo && name === `no-${known}`),
  )
  return entry && { name: entry[0], definition: entry[1], attached }
}
