import { hideArguments } from '../process/hide-arguments.ts'
import { shellWord } from '../suggestions.ts'

/** A flag or an argument that completes a command line. */
export interface AddedValue {
  readonly name: string
  readonly isFlag: boolean
  /** Absent: a flag without a value. */
  readonly value?: string | undefined
}

/** Returns the words of a command line with the flags and arguments that it lacked. */
export function completedWords(typed: readonly string[], added: readonly AddedValue[]): string[] {
  const flags = added.filter(({ isFlag }) => isFlag).flatMap(flagWords)
  const values = added.flatMap(({ isFlag, value }) => (isFlag || value === undefined ? [] : [value]))
  if (typed.includes('--')) return [...flags, ...typed, ...values]
  return values.some((value) => value.startsWith('-'))
    ? [...typed, ...flags, '--', ...values]
    : [...typed, ...values, ...flags]
}

/** Returns the words of a flag. A value that begins with a dash would be taken for a flag. */
function flagWords({ name, value }: AddedValue): readonly string[] {
  if (value === undefined) return [`--${name}`]
  return value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value]
}

/** Returns a whole command line as the user can type it, without its secrets. */
export const lineOf = (id: string, words: readonly string[]): string =>
  hideArguments(['crbus', ...id.split(':'), ...words].map(shellWord).join(' '), words)
