const MINUTE = 60_000
const DAY = 1440 * MINUTE

/** Returns a random integer from 0 up to, not including, the limit. */
type Below = (limit: number) => number

/** Returns a plausible time for a field with this name, for an event at the time `at`. Both times are in milliseconds since 1970. */
export function plausibleTime(name: string, at: number, below: Below): number {
  if (/birth|(?:^|_)dob(?:_|$)/.test(name)) return at - (18 * 365 + below(50 * 365)) * DAY
  if (
    /expir|due|until|deliver|(?:^|_)eta|schedul|valid_to|deadline|depart|arriv|(?:^|_)(?:ends?|next)(?:_|$)/.test(name)
  ) {
    return at + (1 + below(14)) * DAY + below(1440) * MINUTE
  }
  if (/since|valid_from|hired|founded/.test(name)) return at - (1 + below(700)) * DAY
  return at
}

/** Whether an integer field with this name is probably a time since 1970. */
export const isTimeName = (name: string): boolean =>
  /(?:^|_)(?:timestamp|ts|at|time|date|epoch|unix|since|until|expir(?:y|es|ation|ed)?|deadline)(?:_|$)/.test(name) &&
  !/(?:^|_)(?:format|zone|taken|spent|elapsed|out)(?:_|$)/.test(name)

const digits = (value: number, count: number): string => `${value}`.padStart(count, '0')

/** Splits a time into `2025-11-21T06:26:20` and its milliseconds. */
function partsOf(at: number): { readonly stamp: string; readonly millis: number } {
  const text = new Date(at).toISOString()
  return { stamp: text.slice(0, 19), millis: Number(text.slice(20, 23)) }
}

/** A time as chrono writes it: three fractional digits, or none. */
export function chronoStamp(at: number): string {
  const { stamp, millis } = partsOf(at)
  return millis === 0 ? stamp : `${stamp}.${digits(millis, 3)}`
}

/** A time as jiff writes it: no trailing zeros. */
export function jiffStamp(at: number): string {
  const { stamp, millis } = partsOf(at)
  return millis === 0 ? stamp : `${stamp}.${shortened(millis)}`
}

/** A time as the crate `time` writes it: no trailing zeros, but at least one fractional digit. */
export const timeStamp = (at: number): string => {
  const { stamp, millis } = partsOf(at)
  return `${stamp.replace('T', ' ')}.${millis === 0 ? '0' : shortened(millis)}`
}

const shortened = (millis: number): string => digits(millis, 3).replace(/0+$/, '')

/** A time in RFC 2822 format: `Fri, 21 Nov 2025 06:26:20 +0000`. */
export const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000')

/** A time as `time::serde::iso8601` writes it, with six digits for the year: `+002025-11-21T06:26:20.123000000Z`. */
export function iso8601(at: number): string {
  const { stamp, millis } = partsOf(at)
  return `+00${stamp}.${digits(millis, 3)}000000Z`
}
