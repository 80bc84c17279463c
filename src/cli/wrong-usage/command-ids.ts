interface NamedCommand {
  readonly id: string
  readonly aliases?: readonly string[]
}

/** Whether the id of a command is one of its aliases. oclif has an entry with the same aliases for each alias. */
export const isAlias = ({ id, aliases = [] }: NamedCommand): boolean => aliases.includes(id)

/** Returns the ids of all commands, and then their aliases, so that errors suggest commands before aliases. */
export const commandIds = (commands: readonly NamedCommand[]): readonly string[] =>
  [...commands.filter((command) => !isAlias(command)), ...commands.filter(isAlias)].map(({ id }) => id)
