import { Flags } from '@oclif/core'
import type { FlagDefinition } from './flag-definition.ts'

/**
 * A value that a flag or an argument does not accept. oclif replaces the message of every error in a parser of a flag, so this one has
 * fields.
 */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError'
  /** The name of the flag; `undefined` for an argument. */
  readonly flag: string | undefined
  readonly value: string
  readonly problem: 'blank' | 'integer' | 'option' | 'rejected'
  /** The values to choose from. */
  readonly options: readonly string[]
  constructor(
    flag: string | undefined,
    value: string,
    problem: InvalidValueError['problem'],
    { options = [], cause }: { readonly options?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(problem, { cause })
    this.flag = flag
    this.options = options
    this.value = value
    this.problem = problem
  }
}

type Parse = (value: string, context: unknown, flag: unknown) => Promise<unknown>

/** The parser of all integer flags. */
const INTEGER_PARSE = Flags.integer().parse as unknown as Parse

/** A key, data and a filter by key may be empty: an empty record key is not the same as none. */
const MAY_BE_BLANK: ReadonlySet<string> = new Set(['key', 'data'])

/** Returns the flags with parsers that throw {@link InvalidValueError}, in place of oclif's own messages. Refuses blank values. */
export function checkedFlags<F extends Readonly<Record<string, unknown>>>(flags: F): F {
  const entries = Object.entries(flags as unknown as Record<string, FlagDefinition & { readonly parse: Parse }>)
  return Object.fromEntries(
    entries.map(([name, flag]) => [name, flag.type === 'option' ? checked(name, flag) : flag]),
  ) as unknown as F
}

function checked(name: string, { options, ...flag }: FlagDefinition & { readonly parse: Parse }) {
  const parse: Parse = async (value, context, definition) => {
    if (value.trim() === '' && !MAY_BE_BLANK.has(name)) throw new InvalidValueError(name, value, 'blank')
    if (options !== undefined && !options.includes(value))
      throw new InvalidValueError(name, value, 'option', { options })
    try {
      return await flag.parse(value, context, definition)
    } catch (error) {
      throw new InvalidValueError(name, value, flag.parse === INTEGER_PARSE ? 'integer' : 'rejected', { cause: error })
    }
  }
  return { ...flag, parse }
}

/** Returns the arguments with parsers that throw {@link InvalidValueError} for a value that is not one of the options. */
export function checkedArgs<A extends Readonly<Record<string, unknown>>>(args: A): A {
  const entries = Object.entries(
    args as unknown as Record<string, { readonly options?: readonly string[]; readonly parse: Parse }>,
  )
  return Object.fromEntries(
    entries.map(([name, { options, ...arg }]) => {
      const parse: Parse = async (value, context, definition) => {
        if (options?.includes(value) === false) throw new InvalidValueError(undefined, value, 'option', { options })
        return arg.parse(value, context, definition)
      }
      return [name, { ...arg, parse }]
    }),
  ) as unknown as A
}
