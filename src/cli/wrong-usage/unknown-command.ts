import { namesLike } from '../../bus/names/names-like.ts'
import { UsageError } from '../errors.ts'
import { HELP_PAGES } from '../help-pages/page-names.ts'
import { hideArguments } from '../process/hide-arguments.ts'
import { run, type Suggestion, shellWord } from '../suggestions.ts'
import { suggestFlagFor, suggestOwnCommands } from './commands-of-other-tools.ts'

/** How many commands an error suggests. */
const MAX_COMMANDS = 3

/** Command ids have colons where the user types spaces: `topics:list`. */
const spaced = (id: string): string => id.replaceAll(':', ' ')

/**
 * Builds the error for words that are not a command, with the commands that the user may have meant. `given` are the words up to the
 * first flag, and `argv` is the whole command line, whose secrets are left out.
 */
export function unknownCommand(
  given: readonly string[],
  argv: readonly string[],
  known: readonly string[],
): UsageError {
  const hidden = (text: string) => hideArguments(text, [...given, ...argv])
  const safe = (suggestion: Suggestion): Suggestion =>
    'run' in suggestion ? { ...suggestion, run: hidden(suggestion.run) } : suggestion
  const parent = longestCommand(given, known)
  const count = parent === undefined ? 0 : parent.split(':').length
  const similar = similarCommands(given, known, count + 1)
  if (parent !== undefined) {
    const extra = given.slice(count)
    const own = similar.length > 0 ? similar : suggestFlagFor(spaced(parent), extra[0] ?? '')
    return new UsageError(`crbus ${spaced(parent)} does not take the argument '${hidden(extra.join(' '))}'`, [
      ...own.map(safe),
      run(`crbus ${spaced(parent)} --help`),
    ])
  }
  const own = suggestOwnCommands(given, known)
  const below = known.filter((id) => id.startsWith(`${given[0]}:`)).map((id) => run(`crbus ${spaced(id)}`))
  const suggestions = [own, similar, suggestPage(given), below].find((some) => some.length > 0) ?? []
  return new UsageError(`there is no command '${hidden(given.join(' '))}'`, [
    ...suggestions.slice(0, MAX_COMMANDS).map(safe),
    run('crbus --help'),
  ])
}

/** Suggests the page of the help with a name like the first word: `crbus help offset`, `crbus exit-codes`. */
const suggestPage = ([first = '']: readonly string[]): readonly Suggestion[] =>
  namesLike(first, Object.keys(HELP_PAGES))
    .slice(0, 1)
    .map((name) => run(`crbus help ${name}`))

/** Returns the longest command that the words begin with; `undefined` if they begin with none. */
function longestCommand(given: readonly string[], known: readonly string[]): string | undefined {
  const starts = given.map((_, index) => given.slice(0, given.length - index).join(':'))
  return starts.find((id) => known.includes(id))
}

/** Finds commands with names like the first words, and keeps the words after these. A command has at least `minWords` words. */
function similarCommands(given: readonly string[], known: readonly string[], minWords: number): readonly Suggestion[] {
  for (let count = Math.min(given.length, 2); count >= minWords; count -= 1) {
    const candidates = known.filter((id) => isLike(id.split(':'), given.slice(0, count)))
    const rest = given.slice(count).map(shellWord)
    const near = namesLike(given.slice(0, count).join(':'), candidates)
    if (near.length > 0) return near.map((id) => run(['crbus', spaced(id), ...rest].join(' ')))
  }
  return []
}

/** Whether each word of a command is like the typed word in its position. */
const isLike = (words: readonly string[], typed: readonly string[]): boolean =>
  words.length === typed.length && typed.every((word, index) => namesLike(word, [words[index] ?? '']).length > 0)
