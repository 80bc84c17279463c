/** What a text must look like for Rust to read it as one of these: seen before anything is sent. */
export interface TextForm {
  readonly like: string
  readonly fits: (text: string) => boolean
}

const matching =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)

const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?`
const zone = String.raw`(?:Z|[+-]\d\d:\d\d)`
const hexDigits = (count: number): string => `[0-9a-fA-F]{${count}}`
const hyphenated = [8, 4, 4, 4, 12].map(hexDigits).join('-')
const names = (...each: string[]) => matching(new RegExp(`^(?:${each.join('|')})$`, 'i'))

const daysIn = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether the text begins with a day that exists, and goes on like `rest`. */
const dated = (rest: string) => {
  const pattern = new RegExp(`^[+-]?\\d{4,6}-\\d\\d-\\d\\d${rest}$`)
  return (text: string): boolean => pattern.test(text) && isDay(text, text.indexOf('-', 1))
}

/** Of a text known to hold digits there: `-11-21` at `dash` is a day of the year before it. */
function isDay(text: string, dash: number): boolean {
  const month = twoDigits(text, dash + 1)
  const day = twoDigits(text, dash + 4)
  if (day === 0 || day > (daysIn[month - 1] ?? 0)) return false
  if (month !== 2 || day < 29) return true
  const year = Number(text.slice(0, dash))
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

const twoDigits = (text: string, at: number): number => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48

const instant: TextForm = { like: '2025-11-21T06:26:20Z', fits: dated(`[T ]${time}${zone}`) }
const date: TextForm = { like: '2025-11-21', fits: dated('') }
const dateTime: TextForm = { like: '2025-11-21T06:26:20', fits: dated(`[T ]${time}`) }
const timeOfDay: TextForm = { like: '06:26:20', fits: matching(new RegExp(`^${time}$`)) }
const decimal: TextForm = { like: '12.30', fits: matching(/^-?\d{1,29}(?:\.\d{1,28})?$/) }

const forms: Readonly<Record<string, TextForm>> = {
  'DateTime<Utc>': instant,
  'DateTime<FixedOffset>': instant,
  'DateTime<Local>': instant,
  'DateTime<Tz>': instant,
  NaiveDateTime: dateTime,
  NaiveDate: date,
  NaiveTime: timeOfDay,
  Weekday: {
    like: 'Mon',
    fits: names('mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?'),
  },
  Month: {
    like: 'March',
    fits: names(
      'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?',
      'nov(?:ember)?|dec(?:ember)?',
    ),
  },
  Tz: { like: 'Europe/Berlin', fits: matching(/^[A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+)*$/) },
  'String as rfc3339': instant,
  'String as rfc2822': {
    like: 'Fri, 21 Nov 2025 06:26:20 +0200',
    fits: matching(/^(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|[A-Za-z]{1,5})$/),
  },
  'jiff::Timestamp': instant,
  'jiff::civil::DateTime': dateTime,
  'jiff::civil::Date': date,
  'jiff::civil::Time': timeOfDay,
  'jiff::SignedDuration': { like: 'PT5.5S', fits: matching(/^[+-]?P/i) },
  'jiff::Zoned': {
    like: '2025-11-21T06:26:20+01:00[Europe/Berlin]',
    fits: matching(/^[+-]?\d{4,6}-\d\d-\d\d.*\[.+\]$/),
  },
  'String as uuid::simple': {
    like: '550e8400e29b41d4a716446655440000',
    fits: matching(new RegExp(`^${hexDigits(32)}$`)),
  },
  'String as uuid::hyphenated': {
    like: '550e8400-e29b-41d4-a716-446655440000',
    fits: matching(new RegExp(`^${hyphenated}$`)),
  },
  'String as uuid::urn': {
    like: 'urn:uuid:550e8400-e29b-41d4-a716-446655440000',
    fits: matching(new RegExp(`^urn:uuid:${hyphenated}$`)),
  },
  'String as uuid::braced': {
    like: '{550e8400-e29b-41d4-a716-446655440000}',
    fits: matching(new RegExp(`^\\{${hyphenated}\\}$`)),
  },
  Ulid: { like: '01ARZ3NDEKTSV4RRFFQ69G5FAV', fits: matching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i) },
  Decimal: decimal,
  'String as decimal': decimal,
  BigDecimal: { like: '12.30', fits: matching(/^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/) },
  Url: { like: 'https://example.com/', fits: (text) => URL.canParse(text) },
  Version: {
    like: '1.2.3',
    fits: matching(/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/),
  },
}

/** A known type that has no row takes any text. */
export const textForm = (name: string): TextForm | undefined => forms[name]
