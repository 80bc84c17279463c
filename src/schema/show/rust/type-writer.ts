import { innerTypes } from '../../inner-types.ts'
import { SHORT_VEC } from '../../library-containers.ts'
import { libraryType } from '../../library-types.ts'
import type { NamedType, Type } from '../../model.ts'
import { formatType } from '../../type-text.ts'
import { bincode, collectionOf, type Dependency, libraryText, serde, serdeBigArray, shortVec } from './crates.ts'
import { Identifiers, rustString, typeIdentifier } from './identifiers.ts'
import { contentsOf, MAX_ARRAY, MAX_TUPLE, type Trait, Traits } from './traits.ts'

/** A field in Rust. */
export interface FieldText {
  readonly attributes: readonly string[]
  readonly type: string
  /** Whether Rust cannot decode the field from bincode. */
  readonly isUnreadable: boolean
}

/** Writes the types of fields as Rust, and collects what they need: imports, crates and helper types. */
export class TypeWriter {
  readonly traits: Traits
  readonly #types: ReadonlyMap<string, NamedType>
  readonly #names = new Identifiers()
  readonly #imports = new Set<string>()
  readonly #dependencies: Dependency[] = [bincode, serde]
  /** The declarations of helper types by name. */
  readonly #helpers = new Map<string, string>()
  /** The types that a type contains in its own memory, by name. */
  readonly #inline = new Map<string, ReadonlySet<string>>()

  constructor(types: ReadonlyMap<string, NamedType>) {
    this.#types = types
    this.traits = new Traits(types)
    this.#names.addAll([...types.keys()], typeIdentifier)
  }

  /** The identifier of a struct or an enum of the schema. */
  nameOf(name: string): string {
    return this.#names.of(name)
  }

  /** The attribute that derives serde's traits and those that can be derived. `traits` are further traits. */
  derives(traits: readonly string[]): string {
    const ofSerde = ['Serialize', 'Deserialize'].map((name) => this.#imported(`serde::${name}`))
    return `#[derive(${['Debug', 'Clone', ...traits, ...ofSerde].join(', ')})]`
  }

  /** Writes the type of a field of the struct or enum `owner`. */
  field(type: Type, owner: string): FieldText {
    const isUnreadable = this.#isUnreadable(type)
    if (type.kind === 'sequence' && type.name === SHORT_VEC) {
      this.#dependencies.push(shortVec)
      const attributes = [`#[serde(with = ${rustString(this.#path('solana_short_vec'))})]`]
      return { attributes, type: `Vec<${this.#text(type.item, owner, false)}>`, isUnreadable }
    }
    const library = type.kind === 'known' ? libraryText(type.name) : undefined
    if (library?.with === undefined) return { attributes: [], type: this.#text(type, owner, true), isUnreadable }
    this.#dependencies.push(...library.dependencies)
    const attributes = [`#[serde(with = ${rustString(this.#path(library.with))})]`]
    return { attributes, type: this.#path(library.text), isUnreadable }
  }

  /** The lines of the crates in Cargo.toml, the `use` lines, and the declarations of the helper types so far. */
  get needs(): { dependencies: readonly Dependency[]; imports: readonly string[]; helpers: readonly string[] } {
    return { dependencies: this.#dependencies, imports: [...this.#imports], helpers: [...this.#helpers.values()] }
  }

  /** `isInline`: whether the value is in the memory of `owner`, not behind a pointer as the items of a Vec are. */
  #text(type: Type, owner: string, isInline: boolean): string {
    const inner = (of: Type) => this.#text(of, owner, isInline)
    switch (type.kind) {
      case 'unit':
        return '()'
      case 'bytes':
        return 'Vec<u8>'
      case 'option':
        return `Option<${inner(type.item)}>`
      case 'result':
        return `Result<${inner(type.ok)}, ${inner(type.error)}>`
      case 'array':
        if (type.length <= MAX_ARRAY) return `[${inner(type.item)}; ${type.length}]`
        this.#dependencies.push(serdeBigArray)
        return `${this.#path('serde_big_array::Array')}<${inner(type.item)}, ${type.length}>`
      case 'tuple':
        if (type.items.length > MAX_TUPLE) return this.#longTuple(type, owner)
        return type.items.length === 1 ? `(${inner(type.items[0] as Type)},)` : `(${type.items.map(inner).join(', ')})`
      case 'sequence':
        if (type.name === SHORT_VEC) return this.#shortVec(type, owner)
        return `${this.#collection(type, 'Vec')}<${this.#text(type.item, owner, false)}>`
      case 'map': {
        const parts = [type.key, type.value].map((part) => this.#text(part, owner, false)).join(', ')
        const name = this.#collection(type, '')
        // A list of pairs has the bytes of the map.
        return name === '' ? `Vec<(${parts})>` : `${name}<${parts}>`
      }
      case 'named': {
        const name = this.nameOf(type.name)
        const isBoxed = isInline && this.#contains(type.name, owner)
        return isBoxed ? `${this.#names.has('Box') ? this.#path('std::boxed::Box') : 'Box'}<${name}>` : name
      }
      case 'known':
        return this.#library(type.name, owner)
      default:
        return type.kind
    }
  }

  /** The name of a collection, or `fallback` if the traits of its keys are not known. */
  #collection(type: Extract<Type, { kind: 'sequence' | 'map' }>, fallback: string): string {
    const found = collectionOf(type)
    if (!found || !this.traits.fitsCollection(type)) return fallback
    this.#dependencies.push(...found.dependencies)
    return found.path.startsWith('std::') ? this.#imported(found.path) : this.#path(found.path)
  }

  #library(name: string, owner: string): string {
    const library = libraryText(name)
    if (library === undefined) {
      const wire = libraryType(name)?.wire
      if (wire === undefined || wire.kind === 'variants') return this.#unreadable()
      return wire.kind === 'fields'
        ? `(${wire.fields.map(({ type }) => `${this.#text(type, owner, true)},`).join(' ')})`
        : this.#text(wire.kind === 'varint' ? { kind: wire.integer } : wire, owner, true)
    }
    this.#dependencies.push(...library.dependencies)
    if (library.with === undefined) return this.#path(library.text)
    // The attribute needs a field, so a struct with one field, which has the bytes of the field, stands for the type.
    return this.#helper(name, (helper) => {
      const derives = this.derives(['PartialEq', 'Eq', 'PartialOrd', 'Ord', 'Hash'])
      const attribute = `#[serde(with = ${rustString(this.#path(library.with as string))})]`
      return `// ${name}\n${derives}\npub struct ${helper}(${attribute} pub ${this.#path(library.text)});`
    })
  }

  /** A struct with one field, because the attribute for the short length needs a field. */
  #shortVec(type: Extract<Type, { kind: 'sequence' }>, owner: string): string {
    const field = this.field(type, owner)
    const has = (trait: Trait) => this.traits.has(type, trait)
    const traits = [
      ...(['PartialEq', 'Eq'] as const).filter(has),
      ...(has('Ord') ? ['PartialOrd', 'Ord'] : []),
      ...(has('Hash') ? ['Hash'] : []),
    ]
    return this.#helper(
      'ShortVec',
      (helper) =>
        `// ${formatType(type)}\n${this.derives(traits)}\npub struct ${helper}(${field.attributes.join(' ')} pub ${field.type});`,
      `ShortVec ${field.type}`,
    )
  }

  /** A type without values: Rust cannot decode the type that it stands for. */
  #unreadable(): string {
    return this.#helper(
      'Unreadable',
      (helper) =>
        `// A type that cannot be decoded\n${this.derives(['PartialEq', 'Eq', 'PartialOrd', 'Ord', 'Hash'])}\npub enum ${helper} {}`,
    )
  }

  /** A struct with the fields of a tuple that is too long for the traits of the standard library. */
  #longTuple(type: Extract<Type, { kind: 'tuple' }>, owner: string): string {
    const traits = this.traits.has(type, 'PartialEq') ? ['PartialEq'] : []
    // The same tuple may be boxed in one type and not in another, so the text of its items is part of the key.
    const items = type.items.map((item) => `pub ${this.#text(item, owner, true)}`).join(', ')
    return this.#helper(
      `Tuple${type.items.length}`,
      (helper) => `// ${formatType(type)}\n${this.derives(traits)}\npub struct ${helper}(${items});`,
      items,
    )
  }

  /** Declares a helper type on first use, and returns its name. `key` distinguishes helper types with the same name. */
  #helper(name: string, declare: (identifier: string) => string, key = name): string {
    const known = this.#names.of(`helper ${key}`)
    if (this.#helpers.has(known)) return known
    const identifier = this.#names.add(`helper ${key}`, () => typeIdentifier(name))
    this.#helpers.set(identifier, '')
    this.#helpers.set(identifier, declare(identifier))
    return identifier
  }

  /** A name that a `use` imports, or its path if a type of the schema has the name. */
  #imported(path: string): string {
    const name = path.slice(path.lastIndexOf(':') + 1)
    if (this.#names.has(name)) return this.#path(path)
    this.#imports.add(this.#path(path))
    return name
  }

  /** A path that begins with the name of a crate, which a type of the schema may have too. */
  #path(path: string): string {
    const crate = path.replace(/::.*$/, '')
    return this.#names.has(crate) ? `::${path}`.replaceAll('<', '<::') : path
  }

  /** Whether a value of the type `name` contains a value of the type `owner` in its own memory. */
  #contains(name: string, owner: string): boolean {
    let inside = this.#inline.get(name)
    if (!inside) {
      const found = new Set([name])
      // Iterating a set includes the names added meanwhile.
      for (const one of found)
        for (const part of contentsOf(this.#types.get(one) as NamedType))
          for (const next of inlineNames(part)) found.add(next)
      inside = found
      this.#inline.set(name, inside)
    }
    return inside.has(owner)
  }

  #isUnreadable(type: Type): boolean {
    if (type.kind !== 'known') return innerTypes(type).some((inner) => this.#isUnreadable(inner))
    const library = libraryType(type.name)
    // rust_decimal is printed with a feature that makes the type decodable.
    return library?.unreadable !== undefined && !['Decimal', 'DateTime<Tz>', 'String as decimal'].includes(type.name)
  }
}

/** The names of the types that a value contains in its own memory. */
function inlineNames(type: Type): readonly string[] {
  if (type.kind === 'named') return [type.name]
  return type.kind === 'sequence' || type.kind === 'map' ? [] : innerTypes(type).flatMap(inlineNames)
}
