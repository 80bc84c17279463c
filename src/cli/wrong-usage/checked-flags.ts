import { Flags } from '@oclif/core'
import type { FlagDefinition } from './flag-definition.ts'

/** A value that a flag does not accept. oclif replaces the message of every error in a parser of a flag, so this one has fields. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError'
  readonly flag: string
  readonly value: string
  readonly problem: 'blank' | 'integer' | 'option' | 'rejected'
  constructor(flag: string, value: string, problem: InvalidValueError['problem'], cause?: unknown) {
    super(problem, { cause })
    this.flag = flag
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
    if (options !== undefined && !options.includes(value)) throw new InvalidValueError(name, value, 'option')
    try {
      return await flag.parse(value, context, definition)
    } catch (error) {
      throw new InvalidValueError(name, value, flag.parse === INTEGER_PARSE ? 'integer' : 'rejected', error)
    }
  }
  return { ...flag, parse }
}
