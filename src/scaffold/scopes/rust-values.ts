/** Types that implement `Copy`. */
const copied = /^(?:Uuid|bool|char|[iu](?:8|16|32|64|128|size)|f32|f64|DateTime<\w+>|Naive\w+)$/
const integer = /^([iu])(8|16|32|64|128)$/

/** Returns whether every value of one integer type is a value of another. */
function isWithin(from: string, to: string): boolean {
  const [, sign, bits] = integer.exec(from) ?? []
  const [, wanted, room] = integer.exec(to) ?? []
  if (bits === undefined || room === undefined || Number(bits) >= Number(room)) return false
  return sign === wanted || sign === 'u'
}

/**
 * Returns an expression that converts `source`, of type `from`, to type `to`, or `undefined` if the conversion can fail: the author has
 * to decide then, because a default would be mistaken for the value.
 */
export function convertedTo(source: string, from: string, to: string): string | undefined {
  if (from === to) return copied.test(from) ? source : `${source}.clone()`
  if (to === 'String' && copied.test(from)) return `${source}.to_string()`
  return isWithin(from, to) ? `${to}::from(${source})` : undefined
}

const chrono = ['DateTime', 'FixedOffset', 'Local', 'NaiveDate', 'NaiveDateTime', 'NaiveTime', 'Utc']

interface Typed {
  readonly type: { readonly rust: string }
}

/** Returns the import from `chrono` for a module with these fields. `always` names further types. */
export function chronoImport(fields: readonly Typed[], always: readonly string[]): string {
  const used = chrono.filter((name) => fields.some(({ type }) => new RegExp(`\\b${name}\\b`).test(type.rust)))
  const names = [...always, ...used].sort()
  return names.length === 1 ? `use chrono::${names[0]}` : `use chrono::{${names.join(', ')}}`
}

/** Returns the constructor call of `Duration` for a number of milliseconds. */
export const durationFrom = (milliseconds: number): string =>
  milliseconds % 1000 === 0 ? `from_secs(${milliseconds / 1000})` : `from_millis(${milliseconds})`
