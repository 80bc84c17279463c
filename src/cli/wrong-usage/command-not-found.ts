import type { Hook } from '@oclif/core'
import { commandIds } from './command-ids.ts'
import { unknownCommand } from './unknown-command.ts'

/** The oclif hook for an unknown command. Throws an error that suggests similar commands. */
const commandNotFound: Hook<'command_not_found'> = async ({ id, config, argv = [] }) => {
  // The id is the words up to the first flag, with colons between them.
  throw unknownCommand(id.split(':'), argv, commandIds(config.commands))
}

export default commandNotFound
