import { type Container, containers } from '../../library-containers.ts'
import { type LibraryType, libraryTypes } from '../../library-types.ts'

/** What a path into another crate is known to be. */
export type ForeignType =
  | { readonly kind: 'known'; readonly type: LibraryType }
  | { readonly kind: 'container'; readonly container: Container }

const byPath = new Map<string, ForeignType>([
  ...libraryTypes.flatMap((type) => type.paths.map((path): [string, ForeignType] => [path, { kind: 'known', type }])),
  ...containers.flatMap((container) =>
    container.paths.map((path): [string, ForeignType] => [path, { kind: 'container', container }]),
  ),
])

/** Modules of crates that only show again what stands elsewhere. */
const passThrough: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'std',
    ['hash_map', 'hash_set', 'btree_map', 'btree_set', 'vec_deque', 'linked_list', 'binary_heap', 'prelude', 'v1'],
  ],
  ['chrono', ['prelude', 'naive', 'offset', 'datetime']],
  ['rust_decimal', ['prelude']],
  ['indexmap', ['map', 'set']],
  ['serde_json', ['value', 'map']],
  ['hashbrown', ['hash_map', 'hash_set']],
])

/** Crates, or modules of them, that show again what others hold; and names that are type aliases there. */
const sameAs: readonly (readonly [string, string])[] = [
  ['core', 'std'],
  ['alloc', 'std'],
  ['prost::alloc', 'std'],
  ['prost::bytes', 'bytes'],
  ['chrono::Duration', 'chrono::TimeDelta'],
  ['tokio::time::Duration', 'std::time::Duration'],
  ['rustc_hash::FxHashMap', 'std::collections::HashMap'],
  ['rustc_hash::FxHashSet', 'std::collections::HashSet'],
  ['fxhash::FxHashMap', 'std::collections::HashMap'],
  ['fxhash::FxHashSet', 'std::collections::HashSet'],
  ['fnv::FnvHashMap', 'std::collections::HashMap'],
  ['fnv::FnvHashSet', 'std::collections::HashSet'],
  ['ahash::HashMap', 'ahash::AHashMap'],
  ['ahash::HashSet', 'ahash::AHashSet'],
  ['std::collections::Bound', 'std::ops::Bound'],
  ['sqlx::types::chrono', 'chrono'],
  ['sqlx::types::uuid', 'uuid'],
  ['sqlx::types::time', 'time'],
  ['num::bigint', 'num_bigint'],
  ['composable_rust_core::DateTime', 'chrono::DateTime'],
  ['composable_rust_core::Utc', 'chrono::Utc'],
]

/** The path under which the table has it, if it has it: `std::collections::hash_map::HashMap` is `std::collections::HashMap`. */
export function canonicalPath(path: readonly string[]): string {
  // An entry further down may build on one above it.
  let joined = path.join('::')
  for (let pass = 0; pass < 2; pass += 1) {
    for (const [from, to] of sameAs) {
      if (joined === from || joined.startsWith(`${from}::`)) joined = to + joined.slice(from.length)
    }
    const [crate = '', ...rest] = joined.split('::')
    const dropped = passThrough.get(crate) ?? []
    // `chrono::naive::serde::ts_seconds` is a module of its own; types are one step into the crate.
    if (rest.includes('serde')) break
    joined = [crate, ...rest.filter((step, index) => index === rest.length - 1 || !dropped.includes(step))].join('::')
  }
  return joined
}

export const foreignType = (path: string): ForeignType | undefined => byPath.get(path)

const prelude: ReadonlyMap<string, readonly string[]> = new Map([
  ['Option', ['std', 'option', 'Option']],
  ['Result', ['std', 'result', 'Result']],
  ['Vec', ['std', 'vec', 'Vec']],
  ['Box', ['std', 'boxed', 'Box']],
  ['String', ['std', 'string', 'String']],
])

/** Names every module of Rust knows without a `use`. */
export const preludePath = (name: string): readonly string[] | undefined => prelude.get(name)

/** `DateTime` is a row for each time zone; its path alone is none. */
export const isKnownName = (path: string): boolean =>
  foreignType(path) !== undefined ||
  path === 'chrono::DateTime' ||
  path === 'std::num::NonZero' ||
  /^std::sync::atomic::Atomic/.test(path) ||
  /^chrono::(Utc|Local|FixedOffset)$/.test(path)
