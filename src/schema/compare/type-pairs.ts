import { innerTypes, namesIn } from '../inner-types.ts'
import type { NamedType, Schema, Type } from '../model.ts'
import { SAME } from './effect.ts'
import { type Effects, wireEffects } from './wire-comparison.ts'

/**
 * Pairs the types of the old schema with the types of the new one. A name that both schemas have is the same type. Names are not
 * on the wire, so a new name for a similar type counts as a rename.
 */
export class TypePairs {
  /** Each pair of names once, in the order in which the types were found. {@link pair} may add to it during an iteration. */
  readonly all: (readonly [before: string, after: string])[] = []
  /** What happens to old bytes in new services. */
  readonly forward: Effects
  /** What happens to new bytes in old services. */
  readonly backward: Effects
  readonly #before: Schema
  readonly #after: Schema
  /** The new name of each renamed type, by its old name. */
  readonly #renames = new Map<string, string>()
  readonly #paired = new Set<string>()

  constructor(before: Schema, after: Schema) {
    this.#before = before
    this.#after = after
    const isPaired = (a: string, b: string) => this.#nameAfter(a) === b
    this.forward = wireEffects(before.types, after.types, isPaired)
    this.backward = wireEffects(after.types, before.types, (b, a) => isPaired(a, b))
  }

  /** Adds the pair of an old and a new name, unless the old name already has one. */
  pair(a: string, b: string): void {
    if (this.#paired.has(a)) return
    this.#paired.add(a)
    if (a !== b) this.#renames.set(a, b)
    this.all.push([a, b])
  }

  /** Pairs the schema's types that are at the same positions in two types. */
  pairWithin(a: Type, b: Type): void {
    if (a.kind === 'named' && b.kind === 'named') {
      if (a.name === b.name || this.isRename(a.name, b.name)) this.pair(a.name, b.name)
    }
    const [inner, innerAfter] = [innerTypes(a), innerTypes(b)]
    if (a.kind === b.kind && inner.length === innerAfter.length) {
      for (const [index, item] of inner.entries()) this.pairWithin(item, innerAfter[index] as Type)
      return
    }
    const names = namesIn(b)
    for (const name of namesIn(a)) if (names.includes(name)) this.pair(name, name)
  }

  /** Whether `a` was renamed to `b`: only one schema has each name, and the types share most members or have the same bytes. */
  isRename(a: string, b: string): boolean {
    if (this.#renames.has(a)) return this.#renames.get(a) === b
    if (this.#after.types.has(a) || this.#before.types.has(b)) return false
    const [before, after] = [this.#before.types.get(a), this.#after.types.get(b)]
    if (before === undefined || after === undefined || before.kind !== after.kind) return false
    const [names, namesAfter] = [memberNames(before), memberNames(after)]
    const shared = names.filter((name) => namesAfter.includes(name)).length
    const isSimilar = shared * 2 > Math.min(names.length, namesAfter.length)
    return isSimilar || this.forward.ofNamed(a, b, false) === SAME
  }

  /** Returns a type of the old schema with the new names of the types in it. */
  renamed(type: Type): Type {
    switch (type.kind) {
      case 'named':
        return { kind: 'named', name: this.#nameAfter(type.name) }
      case 'option':
      case 'sequence':
      case 'array':
        return { ...type, item: this.renamed(type.item) }
      case 'map':
        return { ...type, key: this.renamed(type.key), value: this.renamed(type.value) }
      case 'result':
        return { ...type, ok: this.renamed(type.ok), error: this.renamed(type.error) }
      case 'tuple':
        return { ...type, items: type.items.map((item) => this.renamed(item)) }
      default:
        return type
    }
  }

  #nameAfter(name: string): string {
    return this.#renames.get(name) ?? name
  }
}

const memberNames = (type: NamedType): readonly string[] =>
  type.kind === 'enum'
    ? type.variants.map(({ name }) => name)
    : type.fields.kind === 'fields'
      ? type.fields.fields.map(({ name }) => name)
      : []
