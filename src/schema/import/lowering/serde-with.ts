import type { Type } from '../../model.ts'
import { canonicalPath, foreignType } from './foreign-types.ts'

/** What a field becomes that a module or function writes: of a type of its own, or of the field's. */
export type Written =
  | { readonly kind: 'type'; readonly type: Type; readonly unreadable?: string | undefined }
  /** As the field would be written without it. */
  | { readonly kind: 'same' }
  /** A map as a list of its pairs. */
  | { readonly kind: 'pairs' }
  /** That of the field's type, within an Option where it is one. */
  | { readonly kind: 'inside'; readonly type: Type }

/** Modules that write an array longer than serde's own 32 as serde writes shorter ones. */
const sameModules = new Set([
  ...['serde_big_array::BigArray', 'BigArray', 'serde_arrays', 'serde_array', 'serde_with::As::<serde_with::Same>'],
])

/** What is known of `with = "path"`, `serde_bytes` or `chrono::serde::ts_seconds_option`. */
export function writtenWith(path: string): Written | undefined {
  if (sameModules.has(path)) return { kind: 'same' }
  if (path === 'indexmap::map::serde_seq' || path === 'indexmap::serde_seq') return { kind: 'pairs' }
  if (path === 'serde_bytes') return { kind: 'inside', type: { kind: 'bytes' } }
  if (path === 'humantime_serde') return { kind: 'inside', type: { kind: 'known', name: 'String as humantime' } }
  if (path === 'humantime_serde::option') return optional({ kind: 'known', name: 'String as humantime' })
  if (/^rust_decimal::serde::(float_option|arbitrary_precision(_option)?)$/.test(path)) {
    const unreadable = 'it is written without saying what it is'
    return { kind: 'type', type: { kind: 'known', name: 'unreadable' }, unreadable }
  }
  const whole = known(path)
  if (whole) return { kind: 'type', ...whole }
  const inner = known(path.replace(/(_option|::option)$/, ''))
  if (!inner) return undefined
  // time's option modules of texts ask bincode what comes next.
  const isText = inner.type.kind === 'known' && inner.type.name.startsWith('String as') && path.startsWith('time::')
  const unreadable = isText ? 'it asks what comes next (deserialize_any), which bincode cannot tell' : inner.unreadable
  return { kind: 'type', type: { kind: 'option', item: inner.type }, unreadable }
}

const optional = (item: Type): Written => ({ kind: 'type', type: { kind: 'option', item } })

function known(path: string): { type: Type; unreadable: string | undefined } | undefined {
  const found = foreignType(canonicalPath(path.split('::')))
  // Only modules: `with` never names a type.
  if (found?.kind !== 'known' || !found.type.name.includes(' as ')) return undefined
  return { type: { kind: 'known', name: found.type.name }, unreadable: found.type.unreadable }
}

/** The types `serde_as(as = "…")` names that say alone what is written, by their last step; `argument` is the first. */
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
