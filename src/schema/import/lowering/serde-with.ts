import type { Type } from '../../model.ts'
import { canonicalPath, foreignType } from './foreign-types.ts'

/** The encoding of a field with `serde(with)`. */
export type Written =
  /** As this type, whatever the type of the field is. */
  | { readonly kind: 'type'; readonly type: Type; readonly unreadable?: string | undefined }
  /** As without the attribute. */
  | { readonly kind: 'same' }
  /** A map as a list of pairs. */
  | { readonly kind: 'pairs' }
  /** As this type, or an Option of it if the field is an Option. */
  | { readonly kind: 'inside'; readonly type: Type }

/** Modules that extend serde's encoding of arrays to more than 32 items. */
const sameModules = new Set([
  ...['serde_big_array::BigArray', 'BigArray', 'serde_arrays', 'serde_array', 'serde_with::As::<serde_with::Same>'],
])

/** The encoding by a module of a library, such as `serde_bytes` or `chrono::serde::ts_seconds_option`. */
export function writtenWith(path: string): Written | undefined {
  if (sameModules.has(path)) return { kind: 'same' }
  if (path === 'indexmap::map::serde_seq' || path === 'indexmap::serde_seq') return { kind: 'pairs' }
  if (path === 'serde_bytes') return { kind: 'inside', type: { kind: 'bytes' } }
  if (path === 'humantime_serde') return { kind: 'inside', type: { kind: 'known', name: 'String as humantime' } }
  if (path === 'humantime_serde::option') return optional({ kind: 'known', name: 'String as humantime' })
  if (/^rust_decimal::serde::(float_option|arbitrary_precision(_option)?)$/.test(path)) {
    const unreadable = 'it is serialized without a tag for its type'
    return { kind: 'type', type: { kind: 'known', name: 'unreadable' }, unreadable }
  }
  const whole = libraryEncoding(path)
  if (whole) return { kind: 'type', ...whole }
  const inner = libraryEncoding(path.replace(/(_option|::option)$/, ''))
  if (!inner) return undefined
  // The option modules of the time crate that write texts decode with deserialize_any.
  const isText = inner.type.kind === 'known' && inner.type.name.startsWith('String as') && path.startsWith('time::')
  const unreadable = isText ? 'it is decoded with deserialize_any, which bincode does not support' : inner.unreadable
  return { kind: 'type', type: { kind: 'option', item: inner.type }, unreadable }
}

const optional = (item: Type): Written => ({ kind: 'type', type: { kind: 'option', item } })

/** The encoding of a module in the table of library types. */
function libraryEncoding(path: string): { type: Type; unreadable: string | undefined } | undefined {
  const found = foreignType(canonicalPath(path.split('::')))
  // `with` refers to a module, never to a type.
  if (found?.kind !== 'known' || !found.type.name.includes(' as ')) return undefined
  return { type: { kind: 'known', name: found.type.name }, unreadable: found.type.unreadable }
}

/** The encoding by a conversion type of `serde_as(as = "…")`, by its last segment and its first type argument. */
export function writtenAs(name: string, argument: string | undefined): Type | undefined {
  switch (name) {
    case 'DisplayFromStr':
    case 'Hex':
    case 'Base64':
    case 'JsonString':
    case 'NoneAsEmptyString':
      return { kind: 'String' }
    case 'Bytes':
      return { kind: 'bytes' }
  }
  const found = /^(Duration|Timestamp)(Milli|Micro|Nano)?Seconds(WithFrac)?$/.exec(name)
  if (!found) return undefined
  const fallback = found[3] ? 'f64' : found[1] === 'Duration' ? 'u64' : 'i64'
  const kind = argument ?? fallback
  return kind === 'String' || kind === 'f64' || kind === 'u64' || kind === 'i64' ? { kind } : undefined
}
