/** The result of {@link parseMoment}. */
export type ParsedMoment =
  | {
      readonly ok: true
      /** Milliseconds since 1970 UTC. */
      readonly time: number
      /** The moment as RFC 3339, with the zone and all the digits that were given. */
      readonly rfc3339: string
      /** Whether the text names a time zone. Without one, the moment is in UTC. */
      readonly hasZone: boolean
    }
  | { readonly ok: false; readonly reason: string }

const date = String.raw`(\d{4})-(\d\d)-(\d\d)`
// More than two digits after the minutes are not seconds but start the second moment of a range, as in 10:00:2026-11-24.
const clock = String.raw`(\d\d):(\d\d)(?::(\d\d)(?!\d)(\.\d+)?)?`
const zone = String.raw` ?(?<zone>[Zz]|[+-]\d\d(?::?\d\d(?!\d))?)`
const wholeMoment = new RegExp(`^${date}(?:[Tt ]${clock}${zone}?)?$`)
const everyMoment = new RegExp(`${date}(?:[Tt ]${clock}${zone}?)?`, 'g')
/**
 * Matches a moment with a time of day at the beginning of a range such as `@2026-11-23T10:00:2026-11-24`, so that its colons
 * are not taken for the separator of the range. In offsets, `@` marks a time.
 */
export const leadingMoment = new RegExp(`^@?${date}[Tt ]${clock}${zone}?`)

/**
 * Parses a date or time in RFC 3339 or an unambiguous variant, such as `2026-11-23`, `2026-11-23 10:00` or
 * `2026-11-23T10:00:00.25+05:30`. `T` and `Z` may be lower case, a space may replace `T` and may precede the zone, and the
 * colon or the minutes of the zone may be missing, as Postgres and git write it. A date alone means its first moment. Without
 * a zone, times are UTC.
 */
export function parseMoment(text: string): ParsedMoment {
  const found = wholeMoment.exec(text)
  if (found === null) return { ok: false, reason: 'write a date as 2026-11-23 and a time as 2026-11-23T10:00:00Z' }
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', given] = found
  const reason = dateProblem(year, month, day) ?? clockProblem(hour, minute, second)
  if (reason !== undefined) return { ok: false, reason }
  const offset =
    given === undefined || /z/i.test(given)
      ? 'Z'
      : given.replace(/^(...):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`)
  if (offset !== 'Z' && !/^.([01]\d|2[0-3]):[0-5]\d$/.test(offset)) {
    return { ok: false, reason: `${given} is not a time zone between -23:59 and +23:59` }
  }
  const rfc3339 = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${offset}`
  return { ok: true, time: Date.parse(rfc3339), rfc3339, hasZone: given !== undefined }
}

/**
 * Finds the moments without a time zone in a text, in order. A text that is only `today` or `yesterday`, with or without the
 * `@` that marks a time in offsets, is such a moment too.
 */
export function momentsWithoutZone(text: string): readonly string[] {
  if (/^@?(?:today|yesterday)$/.test(text.trim())) return [text.trim()]
  return [...text.matchAll(everyMoment)].flatMap(({ 0: moment, groups }) =>
    groups?.zone === undefined ? [moment] : [],
  )
}

function dateProblem(year: string, month: string, day: string): string | undefined {
  if (month < '01' || month > '12') return `there is no month ${month}`
  // Day 0 of the next month is the last day of this one. The calendar repeats every 400 years, and `Date.UTC` would take the
  // years 0 to 99 for 1900 to 1999.
  const last = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate()
  return day < '01' || Number(day) > last ? `${year}-${month} has ${last} days` : undefined
}

function clockProblem(hour: string, minute: string, second: string): string | undefined {
  if (hour > '23') return `hours go to 23, not to ${hour}`
  if (minute > '59') return `minutes go to 59, not to ${minute}`
  if (second === '60') return 'record timestamps have no leap seconds: seconds go to 59'
  return second > '59' ? `seconds go to 59, not to ${second}` : undefined
}
