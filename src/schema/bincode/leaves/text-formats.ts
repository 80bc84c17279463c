/**
 * The format of a library type that is a string on the wire. crbus checks every string against the format, so that Rust can
 * read what crbus writes.
 */
export interface TextFormat {
  readonly example: string
  readonly matches: (text: string) => boolean
}

const matching =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)

// Second 60 is a leap second.
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?`
const zone = String.raw`(?:Z|[+-]\d\d:\d\d)`
const hexDigits = (count: number): string => `[0-9a-fA-F]{${count}}`
const hyphenated = [8, 4, 4, 4, 12].map(hexDigits).join('-')
/** Matches one of several patterns, ignoring case. */
const oneOf = (...each: string[]) => matching(new RegExp(`^(?:${each.join('|')})$`, 'i'))

/** The most days of each month: February as in a leap year. */
const maxDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Matches a valid date that is followed by text of the pattern `rest`. */
const dated = (rest: string) => {
  const pattern = new RegExp(`^[+-]?\\d{4,6}-\\d\\d-\\d\\d${rest}$`)
  return (text: string): boolean => pattern.test(text) && isDay(text, text.indexOf('-', 1))
}

/** Whether a date with digits in the right positions is in the calendar. `dash` is the index of the dash after the year. */
function isDay(text: string, dash: number): boolean {
  const month = twoDigits(text, dash + 1)
  const day = twoDigits(text, dash + 4)
  if (day === 0 || day > (maxDays[month - 1] ?? 0)) return false
  if (month !== 2 || day < 29) return true
  const year = Number(text.slice(0, dash))
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

const twoDigits = (text: string, at: number): number => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48

const instant: TextFormat = { example: '2025-11-21T06:26:20Z', matches: dated(`[T ]${time}${zone}`) }
const date: TextFormat = { example: '2025-11-21', matches: dated('') }
const dateTime: TextFormat = { example: '2025-11-21T06:26:20', matches: dated(`[T ]${time}`) }
const timeOfDay: TextFormat = { example: '06:26:20', matches: matching(new RegExp(`^${time}$`)) }
const decimal: TextFormat = { example: '12.30', matches: matching(/^-?\d{1,29}(?:\.\d{1,28})?$/) }

const formats: Readonly<Record<string, TextFormat>> = {
  'DateTime<Utc>': instant,
  'DateTime<FixedOffset>': instant,
  'DateTime<Local>': instant,
  'DateTime<Tz>': instant,
  NaiveDateTime: dateTime,
  NaiveDate: date,
  NaiveTime: timeOfDay,
  Weekday: {
    example: 'Mon',
    matches: oneOf('mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?'),
  },
  Month: {
    example: 'March',
    matches: oneOf(
      'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?',
      'nov(?:ember)?|dec(?:ember)?',
    ),
  },
  Tz: { example: 'Europe/Berlin', matches: matching(/^[A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+)*$/) },
  'String as rfc3339': instant,
  'String as rfc2822': {
    example: 'Fri, 21 Nov 2025 06:26:20 +0200',
    matches: matching(/^(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|[A-Za-z]{1,5})$/),
  },
  'jiff::Timestamp': instant,
  'jiff::civil::DateTime': dateTime,
  'jiff::civil::Date': date,
  'jiff::civil::Time': timeOfDay,
  'jiff::SignedDuration': { example: 'PT5.5S', matches: matching(/^[+-]?P/i) },
  'jiff::Zoned': {
    example: '2025-11-21T06:26:20+01:00[Europe/Berlin]',
    matches: matching(/^[+-]?\d{4,6}-\d\d-\d\d.*\[.+\]$/),
  },
  'String as uuid::simple': {
    example: '550e8400e29b41d4a716446655440000',
    matches: matching(new RegExp(`^${hexDigits(32)}$`)),
  },
  'String as uuid::hyphenated': {
    example: '550e8400-e29b-41d4-a716-446655440000',
    matches: matching(new RegExp(`^${hyphenated}$`)),
  },
  'String as uuid::urn': {
    example: 'urn:uuid:550e8400-e29b-41d4-a716-446655440000',
    matches: matching(new RegExp(`^urn:uuid:${hyphenated}$`)),
  },
  'String as uuid::braced': {
    example: '{550e8400-e29b-41d4-a716-446655440000}',
    matches: matching(new RegExp(`^\\{${hyphenated}\\}$`)),
  },
  Ulid: { example: '01ARZ3NDEKTSV4RRFFQ69G5FAV', matches: matching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i) },
  Decimal: decimal,
  'String as decimal': decimal,
  BigDecimal: { example: '12.30', matches: matching(/^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/) },
  Url: { example: 'https://example.com/', matches: (text) => URL.canParse(text) },
  Version: {
    example: '1.2.3',
    matches: matching(/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/),
  },
}

/** The format of a library type; `undefined` for a type that takes any string. */
export const textFormat = (name: string): TextFormat | undefined => formats[name]
