/** Types that are copied without a word. */
const copied = /^(?:Uuid|bool|char|[iu](?:8|16|32|64|128|size)|f32|f64|DateTime<\w+>|Naive\w+)$/
const integer = /^([iu])(8|16|32|64|128)$/

/** Whether every value of one type of integers is a value of another. */
function isWithin(from: string, to: string): boolean {
  const [, sign, bits] = integer.exec(from) ?? []
  const [, wanted, room] = integer.exec(to) ?? []
  if (bits === undefined || room === undefined || Number(bits) >= Number(room)) return false
  return sign === wanted || sign === 'u'
}

/**
 * An expression of type `to` for what is at `place` and of type `from`; `undefined` where none holds every value. A
 * conversion that can fail is left to the author, since a default would be taken for the value.
 */
export function takenAs(place: string, from: string, to: string): string | undefined {
  if (from === to) return copied.test(from) ? place : `${place}.clone()`
  if (to === 'String' && copied.test(from)) return `${place}.to_string()`
  return isWithin(from, to) ? `${to}::from(${place})` : undefined
}

const chrono = ['DateTime', 'FixedOffset', 'Local', 'NaiveDate', 'NaiveDateTime', 'NaiveTime', 'Utc']

interface Typed {
  readonly type: { readonly rust: string }
}

/** What of `chrono` a module uses that has these fields, and `always` besides. */
export function chronoImport(fields: readonly Typed[], always: readonly string[]): string {
  const used = chrono.filter((name) => fields.some(({ type }) => new RegExp(`\\b${name}\\b`).test(type.rust)))
  const names = [...always, ...used].sort()
  return names.length === 1 ? `use chrono::${names[0]}` : `use chrono::{${names.join(', ')}}`
}

/** A span of whole milliseconds, as `Duration` is made of it. */
export const durationFrom = (milliseconds: number): string =>
  milliseconds % 1000 === 0 ? `from_secs(${milliseconds / 1000})` : `from_millis(${milliseconds})`
