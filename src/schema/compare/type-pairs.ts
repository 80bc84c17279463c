import { innerTypes, namesIn } from '../inner-types.ts'
import type { NamedType, Schema, Type } from '../model.ts'
import { SAME } from './effect.ts'
import { type Effects, wireEffects } from './wire-comparison.ts'

/**
 * Pairs the types of the old schema with those of the new one. Names are not on the wire, so a type under a new name
 * counts as the old type renamed if they are alike; a name that both schemas have always names the same type.
 */
export class TypePairs {
  /** Each pair of names once, in the order in which the types were found. Grows while it is read. */
  readonly all: (readonly [before: string, after: string])[] = []
  /** What happens to old bytes in new services. */
  readonly forward: Effects
  /** What happens to new bytes in old services. */
  readonly backward: Effects
  readonly #before: Schema
  readonly #after: Schema
  /** New names by old ones, where they differ. */
  readonly #renames = new Map<string, string>()
  readonly #paired = new Set<string>()

  constructor(before: Schema, after: Schema) {
    this.#before = before
    this.#after = after
    const isPaired = (a: string, b: string) => this.#nameAfter(a) === b
    this.forward = wireEffects(before.types, after.types, isPaired)
    this.backward = wireEffects(after.types, before.types, (b, a) => isPaired(a, b))
  }

  pair(a: string, b: string): void {
    if (this.#paired.has(a)) return
    this.#paired.add(a)
    if (a !== b) this.#renames.set(a, b)
    this.all.push([a, b])
  }

  /** Pairs the schema's types at the same positions of two types. */
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

  /** Whether one name is gone, the other is new, and the types share most members or all bytes. */
  isRename(a: string, b: string): boolean {
    if (this.#renames.has(a)) return this.#renames.get(a) === b
    if (this.#after.types.has(a) || this.#before.types.has(b)) return false
    const [before, after] = [this.#before.types.get(a), this.#after.types.get(b)]
    if (before === undefined || after === undefined || before.kind !== after.kind) return false
    const [names, namesAfter] = [memberNames(before), memberNames(after)]
    const shared = names.filter((name) => namesAfter.includes(name)).length
    const isAlike = shared * 2 > Math.min(names.length, namesAfter.length)
    return isAlike || this.forward.ofNamed(a, b, false) === SAME
  }

  /** A type of the old schema with the new names of the types in it. */
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
