const MINUTE = 60_000
const DAY = 1440 * MINUTE

/** What is needed of a source of chances. */
type Below = (limit: number) => number

/** Milliseconds that a field of this name may mean, for an event that happened at `at`. */
export function timeMeant(name: string, at: number, below: Below): number {
  if (/birth|(?:^|_)dob(?:_|$)/.test(name)) return at - (18 * 365 + below(50 * 365)) * DAY
  if (
    /expir|due|until|deliver|(?:^|_)eta|schedul|valid_to|deadline|depart|arriv|(?:^|_)(?:ends?|next)(?:_|$)/.test(name)
  ) {
    return at + (1 + below(14)) * DAY + below(1440) * MINUTE
  }
  if (/since|valid_from|hired|founded/.test(name)) return at - (1 + below(700)) * DAY
  return at
}

/** Whether an integer of this name counts time from 1970. */
export const isTimeName = (name: string): boolean =>
  /(?:^|_)(?:timestamp|ts|at|time|date|epoch|unix|since|until|expir(?:y|es|ation|ed)?|deadline)(?:_|$)/.test(name) &&
  !/(?:^|_)(?:format|zone|taken|spent|elapsed|out)(?:_|$)/.test(name)

const digits = (value: number, count: number): string => `${value}`.padStart(count, '0')

/** `2025-11-21T06:26:20`, `.123` or nothing. */
function partsOf(at: number): { readonly stamp: string; readonly millis: number } {
  const text = new Date(at).toISOString()
  return { stamp: text.slice(0, 19), millis: Number(text.slice(20, 23)) }
}

/** As chrono has it: three digits of a second, or none. */
export function chronoStamp(at: number): string {
  const { stamp, millis } = partsOf(at)
  return millis === 0 ? stamp : `${stamp}.${digits(millis, 3)}`
}

/** As jiff has it: no zeros behind. */
export function jiffStamp(at: number): string {
  const { stamp, millis } = partsOf(at)
  return millis === 0 ? stamp : `${stamp}.${shortened(millis)}`
}

/** As time has it: no zeros behind, but one digit. */
export const timeStamp = (at: number): string => {
  const { stamp, millis } = partsOf(at)
  return `${stamp.replace('T', ' ')}.${millis === 0 ? '0' : shortened(millis)}`
}

const shortened = (millis: number): string => digits(millis, 3).replace(/0+$/, '')

/** `Fri, 21 Nov 2025 06:26:20 +0000`. */
export const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000')

/** `+002025-11-21T06:26:20.123000000Z`. */
export function iso8601(at: number): string {
  const { stamp, millis } = partsOf(at)
  return `+00${stamp}.${digits(millis, 3)}000000Z`
}
