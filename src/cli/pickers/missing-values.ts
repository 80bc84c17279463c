import { kindOfArgument, kindOfFlag, type ValueKind } from '../completion/value-kind.ts'
import type { FlagDefinition, FlagDefinitions } from '../wrong-usage/flag-definition.ts'
import { findMisplacedValue } from '../wrong-usage/misplaced-values.ts'

interface ArgumentDefinition {
  readonly required?: boolean | undefined
  readonly description?: string | undefined
  readonly options?: readonly string[] | undefined
}

/** A command and its command line. */
export interface GivenWords {
  /** The words of the command with colons between them. */
  readonly id: string
  readonly argv: readonly string[]
  readonly args: Readonly<Record<string, ArgumentDefinition>>
  readonly flags: FlagDefinitions & Readonly<Record<string, { readonly description?: string | undefined }>>
  /** Names of arguments or flags without which the command cannot work, though oclif does not require them. */
  readonly picked: readonly string[]
}

/** A value that the command line lacks. */
export interface MissingValue {
  readonly name: string
  readonly isFlag: boolean
  readonly kind: ValueKind | undefined
  readonly description: string
  readonly options: readonly string[]
}

/** Returns the flag at the end of the command line that has no value: `lag --group`. */
export function flagAtEnd({ id, argv, flags }: GivenWords): MissingValue | undefined {
  const found = findMisplacedValue(argv, flags)
  if (found?.kind !== 'no-value' || found.next !== undefined) return undefined
  const definition = flags[found.flag]
  return definition && ofFlag(id, found.flag, definition)
}

/** Returns the values that a command line lacks, in the order of the help. `given` are the values that it has. */
export function missingValues(
  { id, args, flags, picked }: GivenWords,
  given: { readonly args: Readonly<Record<string, unknown>>; readonly flags: Readonly<Record<string, unknown>> },
): readonly MissingValue[] {
  const isGiven = (name: string) => given.args[name] !== undefined || given.flags[name] !== undefined
  // --all-topics of `reset` replaces --topic.
  const isReplaced = (name: string) =>
    Object.entries(flags).some(([other, { exclusive = [] }]) => given.flags[other] && exclusive.includes(name))
  const isMissing = (name: string, required = false) =>
    (required || picked.includes(name)) && !isGiven(name) && !isReplaced(name)
  const ofArgs = Object.entries(args).filter(([name, { required }]) => isMissing(name, required))
  const ofFlags = Object.entries(flags).filter(
    ([name, { required }]) => !Object.hasOwn(args, name) && isMissing(name, required),
  )
  return [
    ...ofArgs.map(([name, { description = name, options = [] }]) => ({
      name,
      isFlag: false,
      kind: kindOfArgument(id, name),
      description,
      options,
    })),
    ...ofFlags.map(([name, definition]) => ofFlag(id, name, definition)),
  ]
}

/** Returns the value of a flag as one that is missing. */
export const ofFlag = (
  id: string,
  name: string,
  { helpValue, options = [], description = name }: FlagDefinition & { readonly description?: string | undefined },
): MissingValue => ({ name, isFlag: true, kind: kindOfFlag(id, name, helpValue), description, options })
