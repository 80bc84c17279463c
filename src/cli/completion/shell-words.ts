import type { Completion } from './complete-words.ts'

/** The shells for which there is a completion script. */
export const completionShells = ['bash', 'zsh', 'fish'] as const
export type CompletionShell = (typeof completionShells)[number]

/** The answer's line that asks the shell for the names of files. */
const FILES = ':files'

/** The most candidates of an answer. A user types more letters to choose among more. */
const MAX_CANDIDATES = 500

/** Returns the words as the user meant them. bash passes them as typed, with quotes, and broken at `=` and `:`. */
export function typedWords(shell: CompletionShell, given: readonly string[]): readonly string[] {
  if (shell !== 'bash') return given
  const words: string[] = []
  let isGlued = false
  for (const [index, word] of given.entries()) {
    const isBreak = /^[=:]+$/.test(word)
    const isInside = index > 0 && (isBreak || isGlued)
    // After a break, the cursor may be on an empty word.
    if (isInside) words[words.length - 1] += word
    else words.push(word)
    isGlued = isBreak
  }
  return words.map(unquoted)
}

/** Removes quotes and backslashes as bash does. */
const unquoted = (word: string): string => word.replaceAll(/\\(.)|["']/gs, '$1')

/** Formats an answer for the script of a shell: one candidate in each line, or a line that asks for files. */
export function formatCompletion(shell: CompletionShell, completion: Completion, lastWord: string): string {
  const { candidates, prefix, typed, kind } = completion
  if (kind === 'file') return `${FILES}\n`
  const isQuoted = /^["']/.test(lastWord)
  const lines = candidates.slice(0, MAX_CANDIDATES).flatMap(({ value, description }) => {
    if (!isPrintable(value)) return []
    const text = firstPart(description)
    if (shell === 'bash') {
      const word = `${prefix}${value}`.slice(breakIn(`${prefix}${typed}`))
      // The open quote of the user keeps every character but quotes and backslashes.
      return isQuoted ? (word === escaped(word) ? [word] : []) : [escaped(word)]
    }
    return [`${prefix}${value}\t${text}`]
  })
  return lines.map((line) => `${line}\n`).join('')
}

/** Whether a name is one line of visible characters: other names would change the lines of the answer or the terminal. */
const isPrintable = (value: string): boolean => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(value)

/** Returns the first sentence or part of a description, which fits beside a candidate. */
const firstPart = (description: string): string =>
  (description.split(/; | \(|\. |\n/)[0] ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 80)

/** Returns the index behind the last `=` or `:`: bash replaces only the part of a word from there on. */
const breakIn = (typed: string): number => Math.max(typed.lastIndexOf('='), typed.lastIndexOf(':')) + 1

/** Escapes a word for bash. */
const escaped = (word: string): string => word.replaceAll(/[^\w./,:@%+=-]/gu, '\\$&')
