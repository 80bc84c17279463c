import { NEEDS_DESERIALIZE_ANY } from '../../../library-types.ts'
import type { Type } from '../../../model.ts'
import { canonicalPath, foreignType } from './foreign-types.ts'

/** How a module of a library encodes a field with `serde(with)`. */
export type WithEncoding =
  /** As `type`, whatever the type of the field is. `unreadable` says why Rust cannot decode the field. */
  | { readonly kind: 'type'; readonly type: Type; readonly unreadable?: string | undefined }
  /** As the field would be encoded without the attribute. */
  | { readonly kind: 'same' }
  /** As a list of pairs. The field is a map. */
  | { readonly kind: 'pairs' }
  /** As a list with a short length. The field is a list. */
  | { readonly kind: 'short list' }
  /** As an integer in LEB128. The field is an unsigned integer. */
  | { readonly kind: 'varint' }
  /** As `type`, or as an Option of `type` if the field is an Option. */
  | { readonly kind: 'inside'; readonly type: Type }

/** Modules that encode a field as serde would. Most exist because serde itself supports only arrays of at most 32 items. */
const sameModules = new Set([
  'serde_big_array::BigArray',
  'BigArray',
  'serde_arrays',
  'serde_array',
  'serde_with::As::<serde_with::Same>',
  // They only decide what happens to duplicates.
  'serde_with::rust::maps_duplicate_key_is_error',
  'serde_with::rust::maps_first_key_wins',
  'serde_with::rust::sets_duplicate_value_is_error',
  'serde_with::rust::sets_last_value_wins',
])

const text: Type = { kind: 'String' }
/** Modules that encode a field as a type that has no row in the table of library types. */
const otherModules: ReadonlyMap<string, Type> = new Map<string, Type>([
  ...['hex', 'hex::serde', 'jiff::fmt::serde::tz::required'].map((path): [string, Type] => [path, text]),
  ...['method', 'uri', 'version', 'authority'].map((name): [string, Type] => [`http_serde::${name}`, text]),
  ['http_serde::status_code', { kind: 'u16' }],
  [
    'http_serde::header_map',
    { kind: 'map', name: 'HashMap', key: text, value: { kind: 'sequence', name: 'Vec', item: { kind: 'bytes' } } },
  ],
])

/** Returns the encoding by a module of a library, such as `serde_bytes` or `chrono::serde::ts_seconds_option`, or `undefined`. */
export function encodingWith(path: string): WithEncoding | undefined {
  if (sameModules.has(path)) return { kind: 'same' }
  const canonical = canonicalPath(path.split('::'))
  if (canonical === 'solana_short_vec') return { kind: 'short list' }
  if (canonical === 'solana_serde_varint') return { kind: 'varint' }
  if (path === 'indexmap::map::serde_seq' || path === 'indexmap::serde_seq') return { kind: 'pairs' }
  const other = otherModules.get(path)
  if (other) return { kind: 'type', type: other }
  const otherInOption = otherModules.get(path.replace('http_serde::option::', 'http_serde::'))
  if (otherInOption) return optional(otherInOption)
  if (path === 'serde_bytes') return { kind: 'inside', type: { kind: 'bytes' } }
  if (path === 'humantime_serde') return { kind: 'inside', type: { kind: 'known', name: 'String as humantime' } }
  if (path === 'humantime_serde::option') return optional({ kind: 'known', name: 'String as humantime' })
  if (/^rust_decimal::serde::(float_option|arbitrary_precision(_option)?)$/.test(path)) {
    const unreadable = 'the bytes do not identify the type of the value'
    return { kind: 'type', type: { kind: 'known', name: 'unreadable' }, unreadable }
  }
  const encoding = libraryEncoding(path)
  if (encoding) return { kind: 'type', ...encoding }
  const inner = libraryEncoding(path.replace(/(_option|::option)$/, '').replace(/::optional$/, '::required'))
  if (!inner) return undefined
  // Of the modules for Option of the time crate, those that write texts decode with deserialize_any.
  const isText = inner.type.kind === 'known' && inner.type.name.startsWith('String as') && path.startsWith('time::')
  const unreadable = isText ? NEEDS_DESERIALIZE_ANY : inner.unreadable
  return { kind: 'type', type: { kind: 'option', item: inner.type }, unreadable }
}

const optional = (item: Type): WithEncoding => ({ kind: 'type', type: { kind: 'option', item } })

/** Returns the encoding by a module that is in the table of library types. */
function libraryEncoding(path: string): { type: Type; unreadable: string | undefined } | undefined {
  const found = foreignType(canonicalPath(path.split('::')))
  // `with` refers to a module, never to a type.
  if (found?.kind !== 'known' || !found.type.name.includes(' as ')) return undefined
  return { type: { kind: 'known', name: found.type.name }, unreadable: found.type.unreadable }
}

/**
 * How a conversion of serde_with encodes a value by the conversions in its type arguments.
 *
 * - `value`: as its first argument does; `second`: as its second argument does; `first of tuple`: as the first item of a tuple does.
 * - `option`: as an Option of what its first argument writes.
 * - `items` and `entries`: as the list or the map of the field, whose items, or keys and values, the arguments encode.
 * - `nothing`: so that nothing can decode it.
 */
export interface WrappedEncoding {
  readonly by: 'value' | 'second' | 'first of tuple' | 'option' | 'items' | 'entries' | 'nothing'
  /** Why Rust cannot decode the field. Absent if Rust can. */
  readonly unreadable?: string
}

const BY_DEFAULT =
  'bincode does not support deserialize_any, so that Rust reads the default value in place of the value'

const wrappedEncodings: ReadonlyMap<string, WrappedEncoding> = new Map([
  ['BorrowCow', { by: 'value' }],
  ['DefaultOnNull', { by: 'option' }],
  ['DefaultOnError', { by: 'value', unreadable: BY_DEFAULT }],
  ['IfIsHumanReadable', { by: 'second' }],
  ['PickFirst', { by: 'first of tuple', unreadable: NEEDS_DESERIALIZE_ANY }],
  ['SetPreventDuplicates', { by: 'items' }],
  ['SetLastValueWins', { by: 'items' }],
  ['VecSkipError', { by: 'items', unreadable: NEEDS_DESERIALIZE_ANY }],
  ['MapPreventDuplicates', { by: 'entries' }],
  ['MapFirstKeyWins', { by: 'entries' }],
  ['MapSkipError', { by: 'entries', unreadable: NEEDS_DESERIALIZE_ANY }],
  // With more than one item, the bytes are those of the list, and with one item those of the item alone.
  ['OneOrMany', { by: 'nothing', unreadable: NEEDS_DESERIALIZE_ANY }],
  ['KeyValueMap', { by: 'nothing', unreadable: NEEDS_DESERIALIZE_ANY }],
  ['EnumMap', { by: 'nothing', unreadable: 'bincode does not support deserialize_identifier' }],
])

/** Returns the encoding of a conversion of serde_with that contains other conversions, or `undefined`. */
export const wrappedAs = (name: string): WrappedEncoding | undefined => wrappedEncodings.get(name)

/** Why Rust cannot decode what a conversion of {@link encodingAs} writes, or `undefined`. */
export const unreadableAs = (name: string): string | undefined =>
  name === 'NoneAsEmptyString' || name === 'BytesOrString' ? NEEDS_DESERIALIZE_ANY : undefined

/**
 * Returns the type that a conversion of `serde_as(as = "…")` writes, by its last segment and first type argument, or
 * `undefined`.
 */
export function encodingAs(name: string, argument: string | undefined): Type | undefined {
  switch (name) {
    case 'DisplayFromStr':
    case 'Hex':
    case 'Base64':
    case 'Base58':
    case 'JsonString':
    case 'NoneAsEmptyString':
    case 'StringWithSeparator':
      return { kind: 'String' }
    case 'BoolFromInt':
      return { kind: 'u8' }
    case 'Bytes':
    case 'BytesOrString':
      return { kind: 'bytes' }
  }
  const found = /^(Duration|Timestamp)(Milli|Micro|Nano)?Seconds(WithFrac)?$/.exec(name)
  if (!found) return undefined
  const fallback = found[3] ? 'f64' : found[1] === 'Duration' ? 'u64' : 'i64'
  const kind = argument ?? fallback
  return kind === 'String' || kind === 'f64' || kind === 'u64' || kind === 'i64' ? { kind } : undefined
}
