import { parseMoment } from '../../bus/time/moment.ts'

/** A date with more digits than a `Date` holds. `toISOString` prints them; `getTime` is truncated to milliseconds. */
class ExactDate extends Date {
  readonly #digits: string

  /** `digits` are the digits after the milliseconds. */
  constructor(time: number, digits: string) {
    super(time)
    this.#digits = digits
  }

  override toISOString(): string {
    return `${super.toISOString().slice(0, -1)}${this.#digits}Z`
  }
}

/**
 * Converts the content of a CBOR date tag: RFC 3339 text after tag 0, seconds since 1970 after tag 1. `undefined` when it is
 * not a date: a leap second, other text, a number outside the range of `Date`, or a value of another type.
 */
export function dateOf(content: unknown, tag: number): Date | undefined {
  if (tag === 0) return typeof content === 'string' ? dateOfText(content) : undefined
  return typeof content === 'number' || typeof content === 'bigint' ? dateOfSeconds(Number(content)) : undefined
}

function dateOfText(text: string): Date | undefined {
  const moment = parseMoment(text)
  if (!moment.ok) return undefined
  const [, digits = ''] = /\.\d{3}(\d+)/.exec(moment.rfc3339) ?? []
  return dateWith(Math.floor(moment.time), digits)
}

function dateOfSeconds(seconds: number): Date | undefined {
  // The digits of the float beyond milliseconds. They are dropped before 1970, where the fraction counts backwards.
  const [, whole, first = '', digits = ''] = /^(\d+)\.(\d{3})(\d+)$/.exec(String(seconds)) ?? []
  return whole === undefined
    ? dateWith(Math.round(seconds * 1000), '')
    : dateWith(Number(whole) * 1000 + Number(first), digits)
}

function dateWith(time: number, digits: string): Date | undefined {
  const date = /[1-9]/.test(digits) ? new ExactDate(time, digits) : new Date(time)
  return Number.isNaN(date.getTime()) ? undefined : date
}
