import { innerTypes } from '../../inner-types.ts'
import type { Fields, NamedType, Type } from '../../model.ts'
import { collectionOf } from './crates.ts'

/** The traits that keys of maps and items of sets need, and `PartialEq`, which every type derives if it can. */
export type Trait = 'PartialEq' | 'Eq' | 'Ord' | 'Hash'
const traits: readonly Trait[] = ['PartialEq', 'Eq', 'Ord', 'Hash']

/** The types that a struct or the variants of an enum contain. */
export const contentsOf = (type: NamedType): readonly Type[] =>
  (type.kind === 'struct' ? [type.fields] : type.variants.map(({ fields }) => fields)).flatMap(typesIn)

const typesIn = (fields: Fields): readonly Type[] =>
  fields.kind === 'unit' ? [] : fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)

/** Library types that lack traits, with those that they have. All others have all traits. */
const lacking: ReadonlyMap<string, readonly Trait[]> = new Map([
  ...['Weekday', 'Month', 'Tz', 'time::Weekday', 'time::Month', 'VersionReq'].map(
    (name) => [name, ['PartialEq', 'Eq', 'Hash']] as [string, Trait[]],
  ),
  ...['serde_json::Value', 'serde_json::Map', 'serde_json::Number'].map(
    (name) => [name, ['PartialEq', 'Eq']] as [string, Trait[]],
  ),
  ['jiff::Span', []],
])

/** Collections that lack traits, whatever their items are. */
const lackingCollections: ReadonlyMap<string, readonly Trait[]> = new Map([
  ...['HashSet', 'HashMap', 'IndexSet', 'IndexMap', 'OrdSet', 'OrdMap', 'Vector'].map(
    (name) => [name, ['PartialEq', 'Eq']] as [string, Trait[]],
  ),
  ...['BinaryHeap', 'DashSet', 'DashMap'].map((name) => [name, []] as [string, Trait[]]),
])

/** Tuples with more items do not implement traits in the standard library. */
export const MAX_TUPLE = 12
/** Serde implements its traits for longer arrays only by a wrapper. */
export const MAX_ARRAY = 32

/** Knows which traits the types of a schema can derive, and which ones they need. */
export class Traits {
  readonly #types: ReadonlyMap<string, NamedType>
  readonly #has = new Map<string, Set<Trait>>()
  readonly #needed = new Map<string, Set<Trait>>()

  constructor(types: ReadonlyMap<string, NamedType>) {
    this.#types = types
    for (const name of types.keys()) this.#has.set(name, new Set(traits))
    // A type lacks a trait if a part lacks the trait. A type inside itself does not count, so begin with all traits.
    for (let isChanged = true; isChanged; ) {
      isChanged = false
      for (const [name, type] of types) {
        for (const trait of this.#has.get(name) ?? []) {
          if (contentsOf(type).every((part) => this.has(part, trait))) continue
          this.#has.get(name)?.delete(trait)
          isChanged = true
        }
      }
    }
    for (const type of types.values()) for (const part of contentsOf(type)) this.#needKeys(part)
  }

  /** Whether a type can have a trait. */
  has(type: Type, trait: Trait): boolean {
    switch (type.kind) {
      case 'f32':
      case 'f64':
        return trait === 'PartialEq'
      case 'named':
        return this.#has.get(type.name)?.has(trait) ?? false
      case 'known':
        return lacking.get(type.name)?.includes(trait) ?? true
      case 'sequence':
      case 'map':
        if (!(lackingCollections.get(type.name)?.includes(trait) ?? true)) return false
        break
      case 'tuple':
        if (type.items.length > MAX_TUPLE) return trait === 'PartialEq' && this.#partsHave(type, trait)
    }
    return this.#partsHave(type, trait)
  }

  #partsHave(type: Type, trait: Trait): boolean {
    return innerTypes(type).every((inner) => this.has(inner, trait))
  }

  /** Whether the items of a set or the keys of a map have the traits that the collection needs. */
  fitsCollection(type: Extract<Type, { kind: 'sequence' | 'map' }>): boolean {
    const needs = collectionOf(type)?.needs
    const key = type.kind === 'map' ? type.key : type.item
    return needs === undefined || (this.has(key, 'Eq') && this.has(key, needs))
  }

  /** The traits that a named type derives, in the usual order. */
  derivesOf(name: string): readonly string[] {
    const needed = this.#needed.get(name)
    return [
      ...(this.#has.get(name)?.has('PartialEq') ? ['PartialEq'] : []),
      ...(needed?.has('Eq') ? ['Eq'] : []),
      ...(needed?.has('Ord') ? ['PartialOrd', 'Ord'] : []),
      ...(needed?.has('Hash') ? ['Hash'] : []),
    ]
  }

  /** Marks the types inside the keys of maps and the items of sets. */
  #needKeys(type: Type): void {
    if ((type.kind === 'map' || type.kind === 'sequence') && this.fitsCollection(type)) {
      const needs = collectionOf(type)?.needs
      if (needs !== undefined) this.#need(type.kind === 'map' ? type.key : type.item, needs)
    }
    for (const inner of innerTypes(type)) this.#needKeys(inner)
  }

  #need(type: Type, trait: Trait): void {
    for (const inner of innerTypes(type)) this.#need(inner, trait)
    if (type.kind !== 'named') return
    const needed = this.#needed.get(type.name) ?? new Set()
    if (needed.has(trait)) return
    this.#needed.set(type.name, needed.add('Eq').add(trait))
    for (const part of contentsOf(this.#types.get(type.name) as NamedType)) this.#need(part, trait)
  }
}
