/** Moments as a person writes them: RFC 3339, and forms that are close to it and can mean only one thing. */

export type ParsedMoment =
  | {
      readonly ok: true
      /** Milliseconds since 1970. */
      readonly time: number
      /** The moment as RFC 3339, with its own zone and all of its digits. */
      readonly rfc3339: string
      /** Without a zone, a moment is in UTC. */
      readonly hasZone: boolean
    }
  | { readonly ok: false; readonly reason: string }

const date = String.raw`(\d{4})-(\d\d)-(\d\d)`
// Three digits in a row are not seconds: they begin the second moment of a range, as in 10:00:2026-11-24.
const clock = String.raw`(\d\d):(\d\d)(?::(\d\d)(?!\d)(\.\d+)?)?`
const zone = String.raw` ?([Zz]|[+-]\d\d(?::?\d\d(?!\d))?)`
const whole = new RegExp(`^${date}(?:[Tt ]${clock}${zone}?)?$`)
const everyMoment = new RegExp(`${date}(?:[Tt ]${clock}${zone}?)?`, 'g')
/** The beginning of a text as far as it is a moment whose colons are its own. */
export const leadingMoment = new RegExp(`^@?${date}[Tt ]${clock}${zone}?`)

/**
 * Reads `2026-11-23`, `2026-11-23 10:00`, `2026-11-23T10:00:00.25+05:30` and the like: `T` and `Z` may be lower case, `T`
 * a space, a space may precede the zone, and the colon or the minutes of the zone may be missing, as Postgres and git
 * write it. A date alone is its first moment, and without a zone all are UTC.
 */
export function parseMoment(text: string): ParsedMoment {
  const found = whole.exec(text)
  if (found === null) return { ok: false, reason: 'a date is written 2026-11-23, a time 2026-11-23T10:00:00Z' }
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', given] = found
  const reason = dateProblem(year, month, day) ?? clockProblem(hour, minute, second)
  if (reason !== undefined) return { ok: false, reason }
  const offset =
    given === undefined || /z/i.test(given)
      ? 'Z'
      : given.replace(/^(...):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`)
  if (offset !== 'Z' && !/^.([01]\d|2[0-3]):[0-5]\d$/.test(offset)) {
    return { ok: false, reason: `${given} is not a time zone, which goes from -23:59 to +23:59` }
  }
  const rfc3339 = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${offset}`
  return { ok: true, time: Date.parse(rfc3339), rfc3339, hasZone: given !== undefined }
}

/** The moments in a text that leave their zone open, `today` and `yesterday` among them. */
export function momentsWithoutZone(text: string): readonly string[] {
  const words = /^@?(?:today|yesterday)$/.test(text.trim()) ? [text.trim()] : []
  const open = [...text.matchAll(everyMoment)].filter((found) => found[8] === undefined)
  return [...words, ...open.map(([moment]) => moment)]
}

function dateProblem(year: string, month: string, day: string): string | undefined {
  if (month < '01' || month > '12') return `there is no month ${month}`
  // Day 0 of the next month is the last of this one.
  const last = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate()
  return day < '01' || Number(day) > last ? `${year}-${month} has ${last} days` : undefined
}

function clockProblem(hour: string, minute: string, second: string): string | undefined {
  if (hour > '23') return `hours go to 23, not to ${hour}`
  if (minute > '59') return `minutes go to 59, not to ${minute}`
  if (second === '60') return 'the time of a record has no leap seconds: seconds go to 59'
  return second > '59' ? `seconds go to 59, not to ${second}` : undefined
}
