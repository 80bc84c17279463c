import { namesLike } from './names/names-like.ts'

/**
 * The check of one option. Callers in JavaScript have no type checker, so a wrong or misspelled option fails in the call that
 * passes it, with an error that names the option, its value and the allowed values.
 */
export interface OptionCheck {
  /** The allowed values, to follow "it must be" in a message. */
  readonly allowed: string
  readonly fits: (value: unknown) => boolean
  /** Messages show only the type of the value, because it may hold a password or user data. */
  readonly isSecret?: boolean
  /** Refuses an absent option. */
  readonly isRequired?: boolean
}

/** One check per option. A new option without a check does not compile. */
export type OptionChecks<Options> = { readonly [Name in keyof Required<Options>]: OptionCheck }

type Fail = (message: string) => Error

/**
 * Checks an options object. `where` names the function that received it (`new RedpandaEventBus`). Throws the error that `fail`
 * creates from the message, by default a `TypeError`.
 */
export function checkOptions(
  where: string,
  options: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
  fail: Fail = (message) => new TypeError(message),
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw fail(`${where} takes an options object, not ${kindOf(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(checks, name)) continue
    const [near] = namesLike(name, Object.keys(checks))
    const advice = near === undefined ? `its options are ${Object.keys(checks).join(', ')}` : `did you mean '${near}'?`
    throw fail(`${where} has no option '${name}'; ${advice}`)
  }
  checkFields(where, options, checks, fail)
}

/** Checks the known fields of an object and ignores others, for objects that the caller may extend. */
export function checkFields(
  where: string,
  value: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
  fail: Fail = (message) => new TypeError(message),
): void {
  if (typeof value !== 'object' || value === null) throw fail(`${where} takes an object, not ${kindOf(value)}`)
  for (const [name, { allowed, fits, isSecret = false, isRequired = false }] of Object.entries(checks)) {
    const given = (value as Readonly<Record<string, unknown>>)[name]
    if (given === undefined ? !isRequired : fits(given)) continue
    throw fail(`${where}: ${name} is ${isSecret ? kindOf(given) : shown(given)}; it must be ${allowed}`)
  }
}

/** Messages show only the type of a longer string. */
const MAX_SHOWN_CHARS = 60

function shown(value: unknown): string {
  if (typeof value === 'string' && value.length <= MAX_SHOWN_CHARS) return JSON.stringify(value)
  const isShort = value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined
  return isShort ? String(value) : kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return 'a string'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** One of the given strings. */
export const oneOf = (...texts: readonly string[]): OptionCheck => ({
  allowed: texts.map((text) => `'${text}'`).join(' or '),
  fits: (value) => texts.includes(value as string),
})

export const aText: OptionCheck = {
  allowed: 'a non-empty string',
  fits: (value) => typeof value === 'string' && value !== '',
}

export const aFlag: OptionCheck = { allowed: 'true or false', fits: (value) => typeof value === 'boolean' }

export const aFunction: OptionCheck = { allowed: 'a function', fits: (value) => typeof value === 'function' }

/** An integer of at least `least`. */
export const aCount = (least = 1): OptionCheck => ({
  allowed: `an integer of at least ${least}`,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= least,
})

/** A number of milliseconds of at least `least`; `orInfinity` allows `Infinity` for "no limit". */
export const milliseconds = ({ least = 0, orInfinity = false } = {}): OptionCheck => ({
  allowed: `a number of milliseconds${least > 0 ? `, at least ${least}` : ''}${orInfinity ? ', or Infinity' : ''}`,
  fits: (value) => typeof value === 'number' && value >= least && (orInfinity || value !== Infinity),
})

export const aList: OptionCheck = { allowed: 'an array', fits: Array.isArray }

/** An object of any class that has the given methods. */
export const having = (what: string, ...methods: readonly string[]): OptionCheck => ({
  allowed: what,
  fits: (value) =>
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof (value as Readonly<Record<string, unknown>>)[method] === 'function'),
})

export const aSignal: OptionCheck = having('an AbortSignal', 'addEventListener', 'throwIfAborted')

export const required = (check: OptionCheck): OptionCheck => ({ ...check, isRequired: true })
export const secret = (check: OptionCheck): OptionCheck => ({ ...check, isSecret: true })

export const aLogger: OptionCheck = having("a logger with pino's methods", 'debug', 'info', 'warn', 'error')
