import { SHORT_VEC } from '../library-containers.ts'
import type { Type, Variants } from '../model.ts'
import { formatType } from '../type-text.ts'
import { isText, knownTypeEffect, primitiveEffect, tagEffect, varintEffect } from './conversions.ts'
import {
  DIFFERS,
  type Effect,
  EMPTY,
  exchanged,
  FAILS,
  inSequence,
  isDecoded,
  LEFTOVER,
  misread,
  orEmpty,
  SAME,
} from './effect.ts'
import {
  acceptsAnyBytes,
  flatten,
  hasJsonText,
  isGroup,
  type Resolved,
  resolveType,
  slotsOf,
  type Types,
  takesNoBytes,
  type WireNode,
  widthOf,
} from './layout.ts'
import { matchNames, type Part, partsOf } from './parts.ts'

/** Returns the effect of reading the type, or the parts, `before` as `after`. `isTail`: no bytes follow in the payload. */
export interface Effects {
  readonly ofTypes: (before: Type, after: Type, isTail: boolean) => Effect
  /** For two of the schema's types by name. Compares their contents even if the two are paired. */
  readonly ofNamed: (before: string, after: string, isTail: boolean) => Effect
  readonly ofParts: (before: readonly Part[], after: readonly Part[], isTail: boolean) => Effect
}

/**
 * Returns functions that say what happens to values that are written with the types `before` and read with the types `after`.
 * Two types that `isPaired` connects count as the same, because a change inside them is reported as a change of its own.
 */
export function wireEffects(
  before: Types,
  after: Types,
  isPaired: (before: string, after: string) => boolean,
): Effects {
  const comparison = new WireComparison(before, after, isPaired)
  return {
    ofTypes: (a, b, isTail) => comparison.settle(() => comparison.types(a, b, isTail)),
    ofNamed: (a, b, isTail) => comparison.settle(() => comparison.named(a, b, isTail)),
    ofParts: (a, b, isTail) => comparison.settle(() => comparison.parts(a, b, isTail)),
  }
}

/** Limit for the rounds of {@link WireComparison.settle}, in case the effects of a recursive type never settle. */
const MAX_ROUNDS = 16

class WireComparison {
  readonly #before: Types
  readonly #after: Types
  readonly #isPaired: (before: string, after: string) => boolean
  /** Effects from the previous round, which stand for the effect of a recursive type inside itself. */
  #estimates = new Map<string, Effect>()
  /** Effects that this round has found. */
  #round = new Map<string, Effect>()
  /** Comparisons in progress, to detect a type inside itself. */
  readonly #inProgress = new Set<string>()

  constructor(before: Types, after: Types, isPaired: (before: string, after: string) => boolean) {
    this.#before = before
    this.#after = after
    this.#isPaired = isPaired
  }

  /**
   * Repeats a comparison until no effect changes. A recursive type inside itself counts as SAME in the first round; each further
   * round uses the effects of the round before.
   */
  settle(compare: () => Effect): Effect {
    this.#estimates = new Map()
    for (let rounds = 0; ; rounds += 1) {
      this.#round = new Map()
      const effect = compare()
      const isSettled = [...this.#round].every(([key, found]) => this.#estimates.get(key) === found)
      for (const [key, found] of this.#round) this.#estimates.set(key, found)
      if (isSettled || rounds > MAX_ROUNDS) return effect
    }
  }

  types(a: Type, b: Type, isTail: boolean): Effect {
    if (a.kind === 'named' && b.kind === 'named' && this.#isPaired(a.name, b.name)) return SAME
    return this.#memoized(`${formatType(a)}\n${formatType(b)}\n${isTail}`, () =>
      this.#resolved(resolveType(this.#before, a), resolveType(this.#after, b), isTail),
    )
  }

  named(a: string, b: string, isTail: boolean): Effect {
    const [before, after] = [
      resolveType(this.#before, { kind: 'named', name: a }),
      resolveType(this.#after, { kind: 'named', name: b }),
    ]
    // The mark keeps the key apart from that of `types`, where a paired type counts as the same.
    return this.#memoized(`!${a}\n${b}\n${isTail}`, () => this.#resolved(before, after, isTail))
  }

  #memoized(key: string, compare: () => Effect): Effect {
    const found = this.#round.get(key)
    if (found !== undefined) return found
    if (this.#inProgress.has(key)) return this.#estimates.get(key) ?? SAME
    this.#inProgress.add(key)
    const effect = compare()
    this.#inProgress.delete(key)
    this.#round.set(key, effect)
    return effect
  }

  #resolved(a: Resolved, b: Resolved, isTail: boolean): Effect {
    const effect = this.#nodes(a.node, b.node, isTail) ?? this.#flattened(a, b, isTail)
    return a.known?.name === b.known?.name ? effect : knownTypeEffect(a, b, effect)
  }

  /** Compares two nodes of the same structure; returns `undefined` if their structures differ. */
  #nodes(a: WireNode, b: WireNode, isTail: boolean): Effect | undefined {
    if (a.kind === 'opaque' || b.kind === 'opaque') {
      return a.kind === b.kind && (a as { name: string }).name === (b as { name: string }).name ? SAME : FAILS
    }
    if (a.kind === 'leaf' && b.kind === 'leaf' && !(isList(a) && isList(b))) return primitiveEffect(a.wire, b.wire)
    if (a.kind === 'varint' || b.kind === 'varint') return varintEffect(a, b)
    if (isShortVec(a) && isShortVec(b)) return this.#lists(a, b, isTail)
    if (a.kind === 'option' && b.kind === 'option') return orEmpty(this.types(a.item, b.item, isTail))
    if (a.kind === 'enum' && b.kind === 'enum') return this.#variants(a.variants, b.variants, isTail)
    if (a.kind === 'map' && b.kind === 'map') return orEmpty(this.parts(entry(a), entry(b), isTail))
    if (isList(a) && isList(b)) return this.#lists(a, b, isTail)
    if (a.kind === 'array' && b.kind === 'array' && a.length === b.length) {
      return a.length === 0 ? SAME : this.types(a.item, b.item, isTail)
    }
    return undefined
  }

  /** Compares two nodes of different structure by their flattened parts. */
  #flattened(a: Resolved, b: Resolved, isTail: boolean): Effect {
    if (!isGroup(a.node) && !isGroup(b.node)) return tagEffect(this.#before, a.node, this.#after, b.node)
    // A type with a JSON text of its own is not flattened beside a struct, because the struct may contain that type.
    const [isWhole, isWholeAfter] = [
      hasJsonText(a) && !hasJsonText(b) && isGroup(b.node),
      hasJsonText(b) && !hasJsonText(a) && isGroup(a.node),
    ]
    const before = isWhole ? [{ type: a.type }] : slotsOf(this.#before, a)
    return this.#slots(before, isWholeAfter ? [{ type: b.type }] : slotsOf(this.#after, b), isTail)
  }

  /** Compares two types that are written as a count and that many items: lists, sets, maps, strings and bytes. */
  #lists(a: WireNode, b: WireNode, isTail: boolean): Effect {
    const items = this.parts(itemsOf(a), itemsOf(b), isTail)
    const effect = orEmpty(items)
    // An empty string and an empty list have the same bytes.
    if (isText(b) !== isText(a)) return isDecoded(items) ? misread(items) | (isText(b) ? FAILS : 0) : EMPTY | FAILS
    // A set drops duplicates, and a heap loses the order.
    const isLossy = (isUnique(b) && !isUnique(a)) || (isHeap(b) && !isHeap(a) && !isUnique(a))
    return isLossy ? effect | DIFFERS : effect
  }

  #variants(a: Variants, b: Variants, isTail: boolean): Effect {
    const names = [a, b].map((variants) => new Set(variants.map(({ name }) => name)))
    let effect: Effect = 0
    for (const [index, before] of a.entries()) {
      const after = b[index]
      if (after === undefined) effect |= FAILS
      else {
        const contents = this.parts(partsOf(before.fields), partsOf(after.fields), isTail)
        const match = matchNames(before, after, names[0] as Set<string>, names[1] as Set<string>)
        const isMistaken = match === 'mistaken' || (match === 'renamed' && contents !== SAME)
        effect |= isMistaken ? misread(contents) : contents
      }
    }
    return effect
  }

  /** Compares parts one by one, or, if that does not decode, by their bytes without the structs around them. */
  parts(a: readonly Part[], b: readonly Part[], isTail: boolean): Effect {
    if (a.length === b.length) {
      const effect = this.#pairwise(a, b, isTail)
      if (isDecoded(effect)) return effect
    }
    return this.#slots(flatten(this.#before, a), flatten(this.#after, b), isTail)
  }

  #pairwise(a: readonly Part[], b: readonly Part[], isTail: boolean): Effect {
    const names = [a, b].map((parts) => new Set(parts.map(({ name }) => name)))
    return inSequence(
      a.map((before, index) => {
        const after = b[index] as Part
        const effect = this.types(before.type, after.type, isTail && index === a.length - 1)
        const match = matchNames(before, after, names[0] as Set<string>, names[1] as Set<string>)
        return match === 'mistaken' && !takesNoBytes(this.#before, before.type) ? exchanged(effect) : effect
      }),
    )
  }

  /**
   * Compares flattened parts in the order of the bytes. If one slot does not decode as the other, several slots of fixed width
   * may still take the same bytes, such as a u64 that is read as two u32s.
   */
  #slots(a: readonly Part[], b: readonly Part[], isTail: boolean): Effect {
    const names = [a, b].map((parts) => new Set(parts.map(({ name }) => name)))
    const effects: Effect[] = []
    let [index, indexAfter] = [0, 0]
    while (index < a.length && indexAfter < b.length) {
      const [before, after] = [a[index] as Part, b[indexAfter] as Part]
      const effect = this.types(
        before.type,
        after.type,
        isTail && index === a.length - 1 && indexAfter === b.length - 1,
      )
      if (isDecoded(effect)) {
        const match = matchNames(before, after, names[0] as Set<string>, names[1] as Set<string>)
        effects.push(match === 'mistaken' ? exchanged(effect) : effect)
        index += 1
        indexAfter += 1
        continue
      }
      // Takes slots from the side with fewer bytes until both sides have the same number of bytes.
      let [width, widthAfter] = [0, 0]
      let acceptsAll = true
      do {
        if (width <= widthAfter && index < a.length) {
          width += widthOf(this.#before, (a[index] as Part).type)
          index += 1
        } else if (indexAfter < b.length) {
          const { type } = b[indexAfter] as Part
          widthAfter += widthOf(this.#after, type)
          acceptsAll &&= acceptsAnyBytes(this.#after, type)
          indexAfter += 1
        } else break
      } while (width !== widthAfter)
      if (width === widthAfter && Number.isFinite(width)) effects.push(acceptsAll ? DIFFERS : DIFFERS | FAILS)
      else if (width > widthAfter && isTail && Number.isFinite(width)) effects.push(FAILS | LEFTOVER)
      else return FAILS | (isTail && indexAfter === b.length ? effect & LEFTOVER : 0)
    }
    if (indexAfter < b.length) return FAILS
    const effect = inSequence(effects)
    if (index === a.length) return effect
    return FAILS | (isTail && (isDecoded(effect) || effects.length === 0) ? LEFTOVER : 0)
  }
}

const entry = ({ key, value }: Extract<Type, { kind: 'map' }>): Part[] => [{ type: key }, { type: value }]

const isShortVec = (node: WireNode): boolean => node.kind === 'sequence' && node.name === SHORT_VEC
const isList = (node: WireNode): boolean =>
  (node.kind === 'sequence' && !isShortVec(node)) ||
  node.kind === 'map' ||
  isText(node) ||
  (node.kind === 'leaf' && node.wire === 'bytes')
const isUnique = (node: WireNode): boolean =>
  node.kind === 'map' || (node.kind === 'sequence' && /Set$/.test(node.name))
const isHeap = (node: WireNode): boolean => node.kind === 'sequence' && node.name === 'BinaryHeap'

function itemsOf(node: WireNode): Part[] {
  if (node.kind === 'map') return entry(node)
  return [{ type: node.kind === 'sequence' ? node.item : { kind: 'u8' } }]
}
