import { namesLike } from './names/names-like.ts'

/**
 * Checks of options for callers without a type checker: a wrong or mistyped option fails where it is given, and names the
 * option, its value and what is allowed.
 */
export interface OptionCheck {
  /** What is allowed, after "it must be". */
  readonly allowed: string
  readonly fits: (value: unknown) => boolean
  /** The value may hold a password, or data of users: it is not shown. */
  readonly isSecret?: boolean
  /** `undefined` is refused. */
  readonly isRequired?: boolean
}

/** A check for every option. A new option without a check does not compile. */
export type OptionChecks<Options> = { readonly [Name in keyof Required<Options>]: OptionCheck }

type Fail = (message: string) => Error

/**
 * Checks an options object. `where` is what it was given to (`new RedpandaEventBus`). Throws what `fail` makes of the
 * message, by default a `TypeError`.
 */
export function checkOptions(
  where: string,
  options: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
  fail: Fail = (message) => new TypeError(message),
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw fail(`${where} takes an object of options, not ${kindOf(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(checks, name)) continue
    const [near] = namesLike(name, Object.keys(checks))
    const meant = near === undefined ? `there are ${Object.keys(checks).join(', ')}` : `did you mean '${near}'?`
    throw fail(`${where} has no option '${name}'; ${meant}`)
  }
  checkFields(where, options, checks, fail)
}

/** Checks the fields that are known and leaves others alone, as for objects that the caller may extend. */
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

const MAX_SHOWN_LENGTH = 60

function shown(value: unknown): string {
  if (typeof value === 'string' && value.length <= MAX_SHOWN_LENGTH) return JSON.stringify(value)
  const isShort = value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined
  return isShort ? String(value) : kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** One of several texts. */
export const oneOf = (...texts: readonly string[]): OptionCheck => ({
  allowed: texts.map((text) => `'${text}'`).join(' or '),
  fits: (value) => texts.includes(value as string),
})

export const aText: OptionCheck = {
  allowed: 'a text that is not empty',
  fits: (value) => typeof value === 'string' && value !== '',
}

export const aFlag: OptionCheck = { allowed: 'true or false', fits: (value) => typeof value === 'boolean' }

export const aFunction: OptionCheck = { allowed: 'a function', fits: (value) => typeof value === 'function' }

/** A whole number from `least` on. */
export const aCount = (least = 1): OptionCheck => ({
  allowed: `a whole number from ${least} on`,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= least,
})

/** Milliseconds; `Infinity` where a limit may be absent. */
export const milliseconds = ({ least = 0, orInfinity = false } = {}): OptionCheck => ({
  allowed: `a number of milliseconds${least > 0 ? ' greater than 0' : ''}${orInfinity ? ', or Infinity' : ''}`,
  fits: (value) => typeof value === 'number' && value >= least && (Number.isFinite(value) || (orInfinity && value > 0)),
})

export const aList: OptionCheck = { allowed: 'a list', fits: Array.isArray }

/** An object that has these methods, of whatever class. */
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

export const aLogger: OptionCheck = having("a logger of pino's shape", 'debug', 'info', 'warn', 'error')
