/** Matches types that implement `Copy`. */
const copyType = /^(?:Uuid|bool|char|[iu](?:8|16|32|64|128|size)|f32|f64|DateTime<\w+>|Naive\w+)$/
const integer = /^([iu])(8|16|32|64|128)$/

/** Returns whether every value of one integer type is a value of another. */
function isWithin(from: string, to: string): boolean {
  const [, sign, bits] = integer.exec(from) ?? []
  const [, targetSign, targetBits] = integer.exec(to) ?? []
  if (bits === undefined || targetBits === undefined || Number(bits) >= Number(targetBits)) return false
  return sign === targetSign || sign === 'u'
}

/**
 * Returns a Rust expression that converts the expression `source` of type `from` to the type `to`. Returns `undefined` if the
 * conversion can fail: then the author of the service has to decide, because a default would be mistaken for the value.
 */
export function convertedTo(source: string, from: string, to: string): string | undefined {
  if (from === to) return copyType.test(from) ? source : `${source}.clone()`
  if (to === 'String' && copyType.test(from)) return `${source}.to_string()`
  return isWithin(from, to) ? `${to}::from(${source})` : undefined
}

const chrono = ['DateTime', 'FixedOffset', 'Local', 'NaiveDate', 'NaiveDateTime', 'NaiveTime', 'Utc']

interface Typed {
  readonly type: { readonly rust: string }
}

/** Returns the import from `chrono` for a module with these fields. `always` has the names to import in any case. */
export function chronoImport(fields: readonly Typed[], always: readonly string[]): string {
  const used = chrono.filter((name) => fields.some(({ type }) => new RegExp(`\\b${name}\\b`).test(type.rust)))
  const names = [...always, ...used].sort()
  return names.length === 1 ? `use chrono::${names[0]}` : `use chrono::{${names.join(', ')}}`
}

/** Returns the call that constructs a Rust `Duration`, without the type: `from_secs(30)`. */
export const durationFrom = (milliseconds: number): string =>
  milliseconds % 1000 === 0 ? `from_secs(${milliseconds / 1000})` : `from_millis(${milliseconds})`
