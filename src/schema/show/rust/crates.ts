import { libraryType } from '../../library-types.ts'
import type { Type } from '../../model.ts'

/** A crate that printed Rust needs in its Cargo.toml. */
export interface Dependency {
  readonly name: string
  readonly version: string
  readonly features: readonly string[]
}

/** A type of a library in Rust, or a field with a serde `with` module. */
export interface LibraryText {
  /** The type by its full path: `chrono::DateTime<chrono::Utc>`. */
  readonly text: string
  /** The `with` module. */
  readonly with: string | undefined
  readonly dependencies: readonly Dependency[]
}

const dependency = (name: string, version: string, ...features: string[]): Dependency => ({ name, version, features })

/** The derives of serde. */
export const serde = dependency('serde', '1', 'derive')
export const bincode = dependency('bincode', '1.3')
/** Its `with` module; its type `ShortVec` derives no traits. */
export const shortVec = dependency('solana-short-vec', '3', 'serde')
export const serdeBigArray = dependency('serde-big-array', '0.5')

/**
 * The crates of library types and collections, by their names in Rust code. The tests encode every library type with these
 * versions.
 */
const crates: Readonly<Record<string, Dependency>> = {
  uuid: dependency('uuid', '1', 'serde'),
  ulid: dependency('ulid', '1', 'serde'),
  chrono: dependency('chrono', '0.4', 'serde'),
  chrono_tz: dependency('chrono-tz', '0.10', 'serde'),
  time: dependency('time', '0.3', 'serde-human-readable', 'serde-well-known'),
  jiff: dependency('jiff', '0.2', 'serde'),
  rust_decimal: dependency('rust_decimal', '1', 'serde-str'),
  bigdecimal: dependency('bigdecimal', '0.4', 'serde'),
  num_bigint: dependency('num-bigint', '0.4', 'serde'),
  url: dependency('url', '2', 'serde'),
  semver: dependency('semver', '1', 'serde'),
  humantime_serde: dependency('humantime-serde', '1'),
  serde_json: dependency('serde_json', '1'),
  indexmap: dependency('indexmap', '2', 'serde'),
  dashmap: dependency('dashmap', '6', 'serde'),
  im: dependency('im', '15', 'serde'),
  solana_serde_varint: dependency('solana-serde-varint', '3'),
}

/** The types of fields with the `with` modules of a crate. */
const typesOfModules: Readonly<Record<string, string>> = {
  uuid: 'uuid::Uuid',
  ulid: 'ulid::Ulid',
  chrono: 'chrono::DateTime<chrono::Utc>',
  time: 'time::OffsetDateTime',
  rust_decimal: 'rust_decimal::Decimal',
  humantime_serde: 'std::time::Duration',
}

const crateOf = (path: string): string => path.replace(/(::|<).*$/, '')

/** The crate of a path; empty for the standard library. `undefined` for a crate that is not in the table. */
function dependenciesOf(path: string): readonly Dependency[] | undefined {
  const crate = crateOf(path)
  if (crate === 'std') return []
  const known = crates[crate]
  return known && [known]
}

/** Returns the Rust type of a library type; `undefined` if crbus does not know it, or if Rust cannot compile it. */
export function libraryText(name: string): LibraryText | undefined {
  const path = libraryType(name)?.paths[0]
  // chrono does not implement Deserialize for DateTime<Tz>.
  if (path === undefined || name === 'DateTime<Tz>') return undefined
  const dependencies = dependenciesOf(path)
  if (dependencies === undefined) return undefined
  if (name === 'serde_json::Map')
    return { text: 'serde_json::Map<String, serde_json::Value>', with: undefined, dependencies }
  if (!name.includes(' as ')) return { text: path.replace('<', '<chrono::'), with: undefined, dependencies }
  // The module is generic, and the name begins with the integer.
  const integer = /^(u\d+) as varint$/.exec(name)?.[1]
  if (integer !== undefined) return { text: integer, with: crateOf(path), dependencies }
  const text = typesOfModules[crateOf(path)]
  if (text === undefined) return undefined
  const all = path === 'rust_decimal::serde::float' ? dependencies.map(withFloats) : dependencies
  return { text, with: path, dependencies: all }
}

const withFloats = (of: Dependency): Dependency => ({ ...of, features: [...of.features, 'serde-with-float'] })

/** A collection in Rust. */
export interface Collection {
  readonly path: string
  readonly dependencies: readonly Dependency[]
  /** The traits that items or keys need. */
  readonly needs: 'Hash' | 'Ord' | undefined
}

const std = (name: string, needs?: 'Hash' | 'Ord'): Collection => ({
  path: `std::collections::${name}`,
  dependencies: [],
  needs,
})
const collection = (path: string, needs?: 'Hash' | 'Ord'): Collection => ({
  path,
  dependencies: dependenciesOf(path) ?? [],
  needs,
})

/** The collections by their names in schema files. Others, such as SmallVec, are shown as Vec, which has the same bytes. */
const collections: Readonly<Record<string, Collection>> = {
  VecDeque: std('VecDeque'),
  LinkedList: std('LinkedList'),
  BinaryHeap: std('BinaryHeap', 'Ord'),
  HashSet: std('HashSet', 'Hash'),
  BTreeSet: std('BTreeSet', 'Ord'),
  HashMap: std('HashMap', 'Hash'),
  BTreeMap: std('BTreeMap', 'Ord'),
  IndexSet: collection('indexmap::IndexSet', 'Hash'),
  IndexMap: collection('indexmap::IndexMap', 'Hash'),
  DashSet: collection('dashmap::DashSet', 'Hash'),
  DashMap: collection('dashmap::DashMap', 'Hash'),
  OrdSet: collection('im::OrdSet', 'Ord'),
  OrdMap: collection('im::OrdMap', 'Ord'),
  Vector: collection('im::Vector'),
}

/** Returns a collection by its name in schema files; `undefined` if Vec replaces it. */
export const collectionOf = ({ name }: Extract<Type, { kind: 'sequence' | 'map' }>): Collection | undefined =>
  Object.hasOwn(collections, name) ? collections[name] : undefined

/** The lines of a Cargo.toml for dependencies, each crate once with all its features. */
export function manifestLines(dependencies: Iterable<Dependency>): string[] {
  const byName = new Map<string, Dependency>()
  for (const { name, version, features } of dependencies) {
    const all = [...(byName.get(name)?.features ?? []), ...features]
    byName.set(name, { name, version, features: [...new Set(all)].sort() })
  }
  return [...byName.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, features }) => {
      if (features.length === 0) return `${name} = "${version}"`
      return `${name} = { version = "${version}", features = [${features.map((one) => `"${one}"`).join(', ')}] }`
    })
}
