import type { Hook } from '@oclif/core'
import { namesLike } from '../../bus/names/names-like.ts'
import { UsageError } from '../errors.ts'
import { run } from '../suggestions.ts'
import { hideArguments } from './hide-arguments.ts'

/** The oclif hook for an unknown command. Throws an error that suggests similar commands. */
const commandNotFound: Hook<'command_not_found'> = async ({ id, config, argv }) => {
  // The id is the whole command line, with colons between the words and those that the words have.
  const words = [...id.split(':'), ...(argv ?? [])]
  // Command ids have colons where the user types spaces: `topics:list`.
  const spaced = (name: string) => name.replaceAll(':', ' ')
  const knownParent = config.commandIDs.find((known) => id.startsWith(`${known}:`))
  if (knownParent !== undefined) {
    const extra = spaced(hideArguments(id.slice(knownParent.length + 1), words))
    throw new UsageError(`crbus ${spaced(knownParent)} does not take the argument '${extra}'`, [
      run(`crbus ${spaced(knownParent)} --help`),
    ])
  }
  const below = config.commandIDs.filter((known) => known.startsWith(`${id}:`))
  const near = [...new Set([...namesLike(id, config.commandIDs), ...below])]
  const suggestions = near.slice(0, 3).map((known) => run(`crbus ${spaced(known)}`))
  throw new UsageError(`there is no command '${spaced(hideArguments(id, words))}'`, [
    ...suggestions,
    run('crbus --help'),
  ])
}

export default commandNotFound
