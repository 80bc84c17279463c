import { parseMoment } from '../../bus/time/moment.ts'

/** A date with more digits than a `Date` holds. It prints them; as a number of milliseconds it is cut off. */
class ExactDate extends Date {
  readonly #digits: string

  /** `digits` are those after the milliseconds. */
  constructor(time: number, digits: string) {
    super(time)
    this.#digits = digits
  }

  override toISOString(): string {
    return `${super.toISOString().slice(0, -1)}${this.#digits}Z`
  }
}

/**
 * The date that a CBOR tag announces: RFC 3339 text after tag 0, seconds since 1970 after tag 1. `undefined` where there
 * is none: a leap second, another text, a number that no `Date` holds, or a value of another type.
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
  // Digits that a float was written with; those before 1970 would have to be counted from the other end.
  const [, whole, first = '', digits = ''] = /^(\d+)\.(\d{3})(\d+)$/.exec(String(seconds)) ?? []
  return whole === undefined
    ? dateWith(Math.round(seconds * 1000), '')
    : dateWith(Number(whole) * 1000 + Number(first), digits)
}

function dateWith(time: number, digits: string): Date | undefined {
  const date = /[1-9]/.test(digits) ? new ExactDate(time, digits) : new Date(time)
  return Number.isNaN(date.getTime()) ? undefined : date
}
