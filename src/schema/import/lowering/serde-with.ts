import { NEEDS_DESERIALIZE_ANY } from '../../library-types.ts'
import type { Type } from '../../model.ts'
import { canonicalPath, foreignType } from './foreign-types.ts'

/** How a module of a library encodes a field with `serde(with)`. */
export type WithEncoding =
  /** As `type`, whatever the type of the field is. `unreadable` says why Rust cannot decode the field. */
  | { readonly kind: 'type'; readonly type: Type; readonly unreadable?: string | undefined }
  /** As the field would be encoded without the attribute. */
  | { readonly kind: 'same' }
  /** As a list of pairs. The field is a map. */
  | { readonly kind: 'pairs' }
  /** As `type`, or as an Option of `type` if the field is an Option. */
  | { readonly kind: 'inside'; readonly type: Type }

/** Modules that encode a field as serde would. Most exist because serde itself supports only arrays of at most 32 items. */
const sameModules = new Set([
  'serde_big_array::BigArray',
  'BigArray',
  'serde_arrays',
  'serde_array',
  'serde_with::As::<serde_with::Same>',
])

/** Returns the encoding by a module of a library, such as `serde_bytes` or `chrono::serde::ts_seconds_option`, or `undefined`. */
export function encodingWith(path: string): WithEncoding | undefined {
  if (sameModules.has(path)) return { kind: 'same' }
  if (path === 'indexmap::map::serde_seq' || path === 'indexmap::serde_seq') return { kind: 'pairs' }
  if (path === 'hex' || path === 'hex::serde') return { kind: 'type', type: { kind: 'String' } }
  if (path === 'serde_bytes') return { kind: 'inside', type: { kind: 'bytes' } }
  if (path === 'humantime_serde') return { kind: 'inside', type: { kind: 'known', name: 'String as humantime' } }
  if (path === 'humantime_serde::option') return optional({ kind: 'known', name: 'String as humantime' })
  if (/^rust_decimal::serde::(float_option|arbitrary_precision(_option)?)$/.test(path)) {
    const unreadable = 'the bytes do not identify the type of the value'
    return { kind: 'type', type: { kind: 'known', name: 'unreadable' }, unreadable }
  }
  const encoding = libraryEncoding(path)
  if (encoding) return { kind: 'type', ...encoding }
  const inner = libraryEncoding(path.replace(/(_option|::option)$/, ''))
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
 * Returns the type that a conversion of `serde_as(as = "…")` writes, by its last segment and first type argument, or
 * `undefined`.
 */
export function encodingAs(name: string, argument: string | undefined): Type | undefined {
  switch (name) {
    case 'DisplayFromStr':
    case 'Hex':
    case 'Base64':
    case 'JsonString':
    case 'NoneAsEmptyString':
    case 'StringWithSeparator':
      return { kind: 'String' }
    case 'BoolFromInt':
      return { kind: 'u8' }
    case 'Bytes':
      return { kind: 'bytes' }
  }
  const found = /^(Duration|Timestamp)(Milli|Micro|Nano)?Seconds(WithFrac)?$/.exec(name)
  if (!found) return undefined
  const fallback = found[3] ? 'f64' : found[1] === 'Duration' ? 'u64' : 'i64'
  const kind = argument ?? fallback
  return kind === 'String' || kind === 'f64' || kind === 'u64' || kind === 'i64' ? { kind } : undefined
}
