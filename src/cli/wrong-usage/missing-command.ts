import { namesLike } from '../../bus/names/names-like.ts'
import { UsageError } from '../errors.ts'
import { hint, run, type Suggestion } from '../suggestions.ts'
import { isLeadingFlag, leadingFlags } from './arrange-words.ts'
import { suggestCommandFor } from './commands-of-other-tools.ts'

/** Builds the error for a command line that begins with a flag that is not global, or has global flags only. */
export function missingCommand(argv: readonly string[]): UsageError {
  const word = argv[0] ?? ''
  // The part after `=` may be a secret.
  const name = word.startsWith('--') ? (word.split('=')[0] ?? word) : word.slice(0, 2)
  if (isLeadingFlag(name)) return new UsageError('the command is missing', [run('crbus --help')])
  const [near] = name.length > 2 ? namesLike(name, leadingFlags) : []
  const similar: readonly Suggestion[] = near === undefined ? suggestCommandFor(name) : [hint(`use ${near}`)]
  return new UsageError(`${name} is not a flag that can stand before the command`, [...similar, run('crbus --help')])
}
