import { type Container, containers } from '../../../library-containers.ts'
import { type LibraryType, libraryTypes } from '../../../library-types.ts'
import type { Primitive } from '../../../model.ts'

/** A type of another crate that crbus can import. */
export type ForeignType =
  | { readonly kind: 'known'; readonly type: LibraryType }
  | { readonly kind: 'container'; readonly container: Container }

const byPath = new Map<string, ForeignType>([
  ...libraryTypes.flatMap((type) => type.paths.map((path): [string, ForeignType] => [path, { kind: 'known', type }])),
  ...containers.flatMap((container) =>
    container.paths.map((path): [string, ForeignType] => [path, { kind: 'container', container }]),
  ),
])

/** Modules that do not matter for the identity of a type, by crate: most of them only re-export items. */
const reexportingModules: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'std',
    ['hash_map', 'hash_set', 'btree_map', 'btree_set', 'vec_deque', 'linked_list', 'binary_heap', 'prelude', 'v1'],
  ],
  ['chrono', ['prelude', 'naive', 'offset', 'datetime']],
  ['rust_decimal', ['prelude']],
  ['indexmap', ['map', 'set']],
  ['serde_json', ['value', 'map']],
  ['hashbrown', ['hash_map', 'hash_set']],
  ['euclid', ['default']],
  ['geo_types', ['geometry']],
  ['bitvec', ['prelude', 'vec', 'boxed']],
])

/**
 * The first versions of crates whose earlier versions encode types otherwise, as cargo showed, or could not be built. Earlier
 * versions of other crates of the tables have the same bytes.
 */
export const firstVersions: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['time', [0, 3]],
  ['uuid', [0, 6]],
  ['alloy_primitives', [0, 3]],
  ['bitvec', [1, 0]],
  ['multiaddr', [0, 18]],
  ['libp2p_identity', [0, 2]],
  ['cid', [0, 11]],
])

/** The types that some re-exporting modules contain, of those that have the same names as types of other crates. */
const contentOf: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'chrono::prelude',
    ['DateTime', 'FixedOffset', 'Local', 'Month', 'NaiveDate', 'NaiveDateTime', 'NaiveTime', 'Utc', 'Weekday'],
  ],
  ['chrono::naive', ['NaiveDate', 'NaiveDateTime', 'NaiveTime']],
  ['chrono::offset', ['FixedOffset', 'Local', 'Utc']],
])

/** Whether `use module::*` of another crate imports a type with this name that crbus can import. */
export function isInForeignModule(module: readonly string[], name: string): boolean {
  const content = contentOf.get(module.join('::'))
  return (content === undefined || content.includes(name)) && isImportableType(canonicalPath([...module, name]))
}

/** The paths of a type of C that has the same size everywhere. `c_char` and `c_long` depend on the platform. */
function cAliases(name: string, primitive: Primitive): [string, string][] {
  return ['std::ffi', 'std::os::raw', 'libc'].map((module) => [`${module}::c_${name}`, `std::primitive::${primitive}`])
}

/** Paths that are other names of a crate, a module or a type, each with the path in the table of library types. */
const aliases: readonly (readonly [string, string])[] = [
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
  ...cAliases('short', 'i16'),
  ...cAliases('ushort', 'u16'),
  ...cAliases('int', 'i32'),
  ...cAliases('uint', 'u32'),
  ...cAliases('longlong', 'i64'),
  ...cAliases('ulonglong', 'u64'),
  ...cAliases('schar', 'i8'),
  ...cAliases('uchar', 'u8'),
  ...cAliases('float', 'f32'),
  ...cAliases('double', 'f64'),
  ['geo', 'geo_types'],
  ['geo_types::Coordinate', 'geo_types::Coord'],
  ['alloy::primitives', 'alloy_primitives'],
  ['alloy_primitives::ruint', 'ruint'],
  ...['TxHash', 'BlockHash', 'StorageKey'].map((name): [string, string] => [
    `alloy_primitives::${name}`,
    'alloy_primitives::B256',
  ]),
  ['alloy_primitives::StorageValue', 'alloy_primitives::U256'],
  ...['H160', 'H256', 'U128', 'U256', 'U512'].map((name): [string, string] => [
    `ethereum_types::${name}`,
    `primitive_types::${name}`,
  ]),
  ['ethereum_types::Address', 'primitive_types::H160'],
  ['libp2p::PeerId', 'libp2p_identity::PeerId'],
  ['libp2p::identity', 'libp2p_identity'],
  ['libp2p::Multiaddr', 'multiaddr::Multiaddr'],
  ['libp2p::multiaddr', 'multiaddr'],
  ...['solana_program', 'solana_sdk'].flatMap((crate): [string, string][] => [
    [`${crate}::short_vec`, 'solana_short_vec'],
    [`${crate}::serde_varint`, 'solana_serde_varint'],
  ]),
  ['smartstring::alias::String', 'smartstring::SmartString'],
  ['smartstring::alias::CompactString', 'smartstring::SmartString'],
  ['rpds::HashTrieMapSync', 'rpds::HashTrieMap'],
  ['rpds::HashTrieSetSync', 'rpds::HashTrieSet'],
  ['rpds::RedBlackTreeMapSync', 'rpds::RedBlackTreeMap'],
  ['rpds::RedBlackTreeSetSync', 'rpds::RedBlackTreeSet'],
  ['rpds::ListSync', 'rpds::List'],
  ['rpds::VectorSync', 'rpds::Vector'],
  ['rpds::QueueSync', 'rpds::Queue'],
  ['rpds::StackSync', 'rpds::Stack'],
  ['std::collections::Bound', 'std::ops::Bound'],
  ['sqlx::types::chrono', 'chrono'],
  ['sqlx::types::uuid', 'uuid'],
  ['sqlx::types::time', 'time'],
  ['num::bigint', 'num_bigint'],
  ['composable_rust_core::DateTime', 'chrono::DateTime'],
  ['composable_rust_core::Utc', 'chrono::Utc'],
]

/**
 * Returns the path by which the table of library types knows a type: `std::collections::HashMap` for
 * `std::collections::hash_map::HashMap`.
 */
export function canonicalPath(path: readonly string[]): string {
  // Replacing one alias may result in another, so replace twice.
  let joined = path.join('::')
  for (let pass = 0; pass < 2; pass += 1) {
    for (const [from, to] of aliases) {
      if (joined === from || joined.startsWith(`${from}::`)) joined = to + joined.slice(from.length)
    }
    const [crate = '', ...rest] = joined.split('::')
    const ignoredModules = reexportingModules.get(crate) ?? []
    // `chrono::naive::serde::ts_seconds` is another module than `chrono::serde::ts_seconds`.
    if (rest.includes('serde')) break
    joined = [crate, ...rest.filter((step, index) => index === rest.length - 1 || !ignoredModules.includes(step))].join(
      '::',
    )
  }
  return joined
}

/** Finds a library type by its canonical path. */
export const foreignType = (path: string): ForeignType | undefined => byPath.get(path)

/** The primitive types, which code may also name by a path: `std::primitive::u32`. */
const rustPrimitives = [
  ...['bool', 'char', 'str', 'f32', 'f64', 'u8', 'u16', 'u32', 'u64', 'u128', 'usize'],
  ...['i8', 'i16', 'i32', 'i64', 'i128', 'isize'],
]

/** The type of a canonical path such as `std::primitive::u32`. `undefined` for other paths. */
export function primitiveAt(path: string): Primitive | undefined {
  const name = /^std::primitive::(\w+)$/.exec(path)?.[1]
  if (name === 'str') return 'String'
  return name !== undefined && rustPrimitives.includes(name) ? (name as Primitive) : undefined
}

const prelude: ReadonlyMap<string, readonly string[]> = new Map([
  ['Option', ['std', 'option', 'Option']],
  ['Result', ['std', 'result', 'Result']],
  ['Vec', ['std', 'vec', 'Vec']],
  ['Box', ['std', 'boxed', 'Box']],
  ['String', ['std', 'string', 'String']],
  ...rustPrimitives.map((name): [string, string[]] => [name, ['std', 'primitive', name]]),
])

/** The path of a name that Rust's prelude imports into every module, or of a primitive type. `undefined` for other names. */
export const preludePath = (name: string): readonly string[] | undefined => prelude.get(name)

/** Whether a canonical path is a type that crbus can import, or the time zone of one. */
export const isImportableType = (path: string): boolean =>
  foreignType(path) !== undefined ||
  primitiveAt(path) !== undefined ||
  path === 'chrono::DateTime' ||
  path === 'std::num::NonZero' ||
  /^std::sync::atomic::Atomic/.test(path) ||
  /^chrono::(Utc|Local|FixedOffset)$/.test(path)
