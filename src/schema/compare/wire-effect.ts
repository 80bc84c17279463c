import { textForm } from '../bincode/leaves/text-forms.ts'
import { type KnownType, knownType } from '../known-types.ts'
import type { Fields, NamedType, Primitive, Type } from '../model.ts'
import { formatType } from '../type-text.ts'

/**
 * What happens to values written as one type and read as another. Several can be true, each of other values: of an
 * `Option<u32>` read as an `Option<String>`, None is the same and most of the rest fails.
 */
export type Effect = number

/** Some values read as what they were. */
export const SAME: Effect = 1
/** Some values read as something else, and nobody notices. */
export const DIFFERS: Effect = 2
/** Some values are not read. */
export const FAILS: Effect = 4
/** Some values are read and bytes are left over, which `bincode::deserialize` forgives. */
export const LEFTOVER: Effect = 8

/** Nothing but None or an empty list reads as what it was. */
const EMPTY: Effect = 16

const isRead = (effect: Effect): boolean => (effect & (SAME | DIFFERS | EMPTY)) !== 0
const orEmpty = (effect: Effect): Effect => ((effect & SAME) !== 0 ? effect : effect | EMPTY)

/** The effect when a field is read as another: both of two empty ones are still what they were. */
const exchanged = (effect: Effect): Effect =>
  (effect & (FAILS | EMPTY)) | ((effect & (SAME | DIFFERS | LEFTOVER)) !== 0 ? DIFFERS : 0)

/** The effect when what is read is taken for something it is not. */
export const mistaken = (effect: Effect): Effect =>
  (effect & FAILS) | (isRead(effect) || (effect & LEFTOVER) !== 0 ? DIFFERS : 0)

/** A field of a struct, an item of a tuple (without a name). */
export interface Part {
  readonly name?: string | undefined
  readonly type: Type
}

export const partsOf = (fields: Fields): readonly Part[] =>
  fields.kind === 'fields' ? fields.fields : fields.kind === 'tuple' ? fields.items.map((type) => ({ type })) : []

export type Variants = readonly { readonly name: string; readonly fields: Fields }[]

/** What stands at the place of the other, by name or else by place. */
export type Match = 'same' | 'renamed' | 'mistaken'

/** A name that the other side has nowhere is a new one for what stands there; one it has elsewhere has moved. */
export function matchNames(
  before: { readonly name?: string | undefined },
  after: { readonly name?: string | undefined },
  beforeNames: ReadonlySet<string | undefined>,
  afterNames: ReadonlySet<string | undefined>,
): Match {
  if (before.name === after.name) return 'same'
  if (before.name === undefined || after.name === undefined) return 'renamed'
  return beforeNames.has(after.name) || afterNames.has(before.name) ? 'mistaken' : 'renamed'
}

export interface Effects {
  /** `isTail`: nothing follows it in the payload. */
  readonly ofTypes: (before: Type, after: Type, isTail: boolean) => Effect
  /** Of two types of the service, looked into even when they are the same type before and after. */
  readonly ofNamed: (before: string, after: string, isTail: boolean) => Effect
  readonly ofParts: (before: readonly Part[], after: readonly Part[], isTail: boolean) => Effect
}

type Types = ReadonlyMap<string, NamedType>

/**
 * Compares what was written with the types `before` and is read with those `after`. A type of the service that is
 * `paired` with one of the other side counts as the same: what changed in it is a change of its own.
 */
export function wireEffects(
  before: Types,
  after: Types,
  isPaired: (before: string, after: string) => boolean,
): Effects {
  const comparison = new Comparison(before, after, isPaired)
  return {
    ofTypes: (a, b, isTail) => comparison.settle(() => comparison.types(a, b, isTail)),
    ofNamed: (a, b, isTail) => comparison.settle(() => comparison.named(a, b, isTail)),
    ofParts: (a, b, isTail) => comparison.settle(() => comparison.parts(a, b, isTail)),
  }
}

type Node =
  | { readonly kind: 'leaf'; readonly wire: Primitive }
  | Extract<Type, { kind: 'option' | 'sequence' | 'map' | 'array' }>
  | { readonly kind: 'product'; readonly parts: readonly Part[] }
  | { readonly kind: 'enum'; readonly variants: Variants }
  /** Nobody can read it, or it never ends. */
  | { readonly kind: 'opaque'; readonly name: string }

interface Opened {
  readonly type: Type
  readonly node: Node
  readonly known: KnownType | undefined
}

/** Newtypes of newtypes deeper than this are nobody's, nor are structs of more fields once they are laid out flat. */
const mostSteps = 128
const mostSlots = 2_000
/** Longer arrays are compared as what they are. */
const mostItems = 64

class Comparison {
  readonly #before: Types
  readonly #after: Types
  readonly #isPaired: (before: string, after: string) => boolean
  /** Effects of the last round, which those of types inside themselves begin with. */
  #estimates = new Map<string, Effect>()
  #round = new Map<string, Effect>()
  readonly #open = new Set<string>()

  constructor(before: Types, after: Types, isPaired: (before: string, after: string) => boolean) {
    this.#before = before
    this.#after = after
    this.#isPaired = isPaired
  }

  /** A type that holds itself is taken to read the same at first; its other effects come out round by round. */
  settle(compare: () => Effect): Effect {
    this.#estimates = new Map()
    for (let rounds = 0; ; rounds += 1) {
      this.#round = new Map()
      const effect = compare()
      const isSettled = [...this.#round].every(([key, found]) => this.#estimates.get(key) === found)
      for (const [key, found] of this.#round) this.#estimates.set(key, found)
      if (isSettled || rounds > 16) return effect
    }
  }

  types(a: Type, b: Type, isTail: boolean): Effect {
    if (a.kind === 'named' && b.kind === 'named' && this.#isPaired(a.name, b.name)) return SAME
    return this.#remembered(`${formatType(a)}\n${formatType(b)}\n${isTail}`, () =>
      this.#opened(open(this.#before, a), open(this.#after, b), isTail),
    )
  }

  named(a: string, b: string, isTail: boolean): Effect {
    const [before, after] = [
      open(this.#before, { kind: 'named', name: a }),
      open(this.#after, { kind: 'named', name: b }),
    ]
    return this.#remembered(`!${a}\n${b}\n${isTail}`, () => this.#opened(before, after, isTail))
  }

  #remembered(key: string, compare: () => Effect): Effect {
    const known = this.#round.get(key)
    if (known !== undefined) return known
    if (this.#open.has(key)) return this.#estimates.get(key) ?? SAME
    this.#open.add(key)
    const effect = compare()
    this.#open.delete(key)
    this.#round.set(key, effect)
    return effect
  }

  #opened(a: Opened, b: Opened, isTail: boolean): Effect {
    const effect = this.#nodes(a.node, b.node, isTail) ?? this.#laidOut(a, b, isTail)
    return a.known?.name === b.known?.name ? effect : asKnown(a, b, effect)
  }

  /** `undefined`: they are not made alike. */
  #nodes(a: Node, b: Node, isTail: boolean): Effect | undefined {
    if (a.kind === 'opaque' || b.kind === 'opaque') {
      return a.kind === b.kind && (a as { name: string }).name === (b as { name: string }).name ? SAME : FAILS
    }
    if (a.kind === 'leaf' && b.kind === 'leaf' && !(isList(a) && isList(b))) return leafEffect(a.wire, b.wire)
    if (a.kind === 'option' && b.kind === 'option') return orEmpty(this.types(a.item, b.item, isTail))
    if (a.kind === 'enum' && b.kind === 'enum') return this.#variants(a.variants, b.variants, isTail)
    if (a.kind === 'map' && b.kind === 'map') return orEmpty(this.parts(entry(a), entry(b), isTail))
    if (isList(a) && isList(b)) return this.#lists(a, b, isTail)
    if (a.kind === 'array' && b.kind === 'array' && a.length === b.length) {
      return a.length === 0 ? SAME : this.types(a.item, b.item, isTail)
    }
    return undefined
  }

  #laidOut(a: Opened, b: Opened, isTail: boolean): Effect {
    if (!isGroup(a.node) && !isGroup(b.node)) return smallEffect(this.#before, a.node, this.#after, b.node)
    // A type with a text of its own stays whole beside a struct, which may hold it.
    const [isWhole, isWholeAfter] = [
      hasForm(a) && !hasForm(b) && isGroup(b.node),
      hasForm(b) && !hasForm(a) && isGroup(a.node),
    ]
    const before = isWhole ? [{ type: a.type }] : slotsOf(this.#before, a)
    return this.#slots(before, isWholeAfter ? [{ type: b.type }] : slotsOf(this.#after, b), isTail)
  }

  /** What is a count and so many items: a list, a set, a map, a text, bytes. */
  #lists(a: Node, b: Node, isTail: boolean): Effect {
    const items = this.parts(itemsOf(a), itemsOf(b), isTail)
    const effect = orEmpty(items)
    // Without an item a text and a list are the same.
    if (isText(b) !== isText(a)) return isRead(items) ? mistaken(items) | (isText(b) ? FAILS : 0) : EMPTY | FAILS
    // Two items that are equal become one, and the order is lost.
    const isLess = (isUnique(b) && !isUnique(a)) || (isHeap(b) && !isHeap(a) && !isUnique(a))
    return isLess ? effect | DIFFERS : effect
  }

  #variants(a: Variants, b: Variants, isTail: boolean): Effect {
    const names = [a, b].map((variants) => new Set(variants.map(({ name }) => name)))
    let effect: Effect = 0
    for (const [index, before] of a.entries()) {
      const after = b[index]
      if (after === undefined) effect |= FAILS
      else {
        const held = this.parts(partsOf(before.fields), partsOf(after.fields), isTail)
        const match = matchNames(before, after, names[0] as Set<string>, names[1] as Set<string>)
        const isMistaken = match === 'mistaken' || (match === 'renamed' && held !== SAME)
        effect |= isMistaken ? mistaken(held) : held
      }
    }
    return effect
  }

  parts(a: readonly Part[], b: readonly Part[], isTail: boolean): Effect {
    if (a.length === b.length) {
      const effect = this.#placed(a, b, isTail)
      if (isRead(effect)) return effect
    }
    return this.#slots(flat(this.#before, a), flat(this.#after, b), isTail)
  }

  #placed(a: readonly Part[], b: readonly Part[], isTail: boolean): Effect {
    const names = [a, b].map((parts) => new Set(parts.map(({ name }) => name)))
    return together(
      a.map((before, index) => {
        const after = b[index] as Part
        const effect = this.types(before.type, after.type, isTail && index === a.length - 1)
        const match = matchNames(before, after, names[0] as Set<string>, names[1] as Set<string>)
        return match === 'mistaken' && !isNothing(this.#before, before.type) ? exchanged(effect) : effect
      }),
    )
  }

  /**
   * Parts without the structs around them, in the order of the bytes. Where one does not read as the other, numbers of
   * fixed width may still fill the same bytes: a u64 read as two u32s.
   */
  #slots(a: readonly Part[], b: readonly Part[], isTail: boolean): Effect {
    const names = [a, b].map((parts) => new Set(parts.map(({ name }) => name)))
    const effects: Effect[] = []
    let [at, to] = [0, 0]
    while (at < a.length && to < b.length) {
      const [before, after] = [a[at] as Part, b[to] as Part]
      const effect = this.types(before.type, after.type, isTail && at === a.length - 1 && to === b.length - 1)
      if (isRead(effect)) {
        const match = matchNames(before, after, names[0] as Set<string>, names[1] as Set<string>)
        effects.push(match === 'mistaken' ? exchanged(effect) : effect)
        at += 1
        to += 1
        continue
      }
      let [wide, wideAfter] = [0, 0]
      let isAny = true
      do {
        if (wide <= wideAfter && at < a.length) {
          wide += widthOf(this.#before, (a[at] as Part).type)
          at += 1
        } else if (to < b.length) {
          const { type } = b[to] as Part
          wideAfter += widthOf(this.#after, type)
          isAny &&= isNumber(this.#after, type)
          to += 1
        } else break
      } while (wide !== wideAfter)
      if (wide === wideAfter && Number.isFinite(wide)) effects.push(isAny ? DIFFERS : DIFFERS | FAILS)
      else if (wide > wideAfter && isTail && Number.isFinite(wide)) effects.push(FAILS | LEFTOVER)
      else return FAILS | (isTail && to === b.length ? effect & LEFTOVER : 0)
    }
    if (to < b.length) return FAILS
    const effect = together(effects)
    if (at === a.length) return effect
    return FAILS | (isTail && (isRead(effect) || effects.length === 0) ? LEFTOVER : 0)
  }
}

/** One after the other: all must be read for anything to be. */
function together(effects: readonly Effect[]): Effect {
  const last = effects.at(-1) ?? SAME
  const allRead = effects.every(isRead)
  const leads = effects.slice(0, -1).every(isRead)
  return (
    effects.reduce((all, effect) => all | (effect & FAILS), 0) |
    (allRead ? effects.reduce((all, effect) => all | (effect & DIFFERS), 0) : 0) |
    (effects.every((effect) => (effect & SAME) !== 0)
      ? SAME
      : effects.every((effect) => (effect & (SAME | EMPTY)) !== 0)
        ? EMPTY
        : 0) |
    (leads ? last & LEFTOVER : 0)
  )
}

const entry = ({ key, value }: Extract<Type, { kind: 'map' }>): Part[] => [{ type: key }, { type: value }]

const isText = (node: Node): boolean => node.kind === 'leaf' && node.wire === 'String'
const isList = (node: Node): boolean =>
  node.kind === 'sequence' || node.kind === 'map' || isText(node) || (node.kind === 'leaf' && node.wire === 'bytes')
const isUnique = (node: Node): boolean => node.kind === 'map' || (node.kind === 'sequence' && /Set$/.test(node.name))
const isHeap = (node: Node): boolean => node.kind === 'sequence' && node.name === 'BinaryHeap'

function itemsOf(node: Node): Part[] {
  if (node.kind === 'map') return entry(node)
  return [{ type: node.kind === 'sequence' ? node.item : { kind: 'u8' } }]
}

/** Follows names, newtypes and known types to what the bytes are made of. */
function open(types: Types, type: Type): Opened {
  let found = type
  for (let steps = 0; steps < mostSteps; steps += 1) {
    if (found.kind === 'known') {
      const known = knownType(found.name)
      const wire = known?.wire
      if (wire === undefined) return { type, node: { kind: 'opaque', name: found.name }, known: undefined }
      if (wire.kind === 'variants') return { type, node: { kind: 'enum', variants: wire.variants }, known }
      if (wire.kind === 'fields') return { type, node: { kind: 'product', parts: wire.fields }, known }
      return { type, node: open(types, wire).node, known }
    }
    if (found.kind !== 'named') return { type, node: nodeOf(found), known: undefined }
    const named = types.get(found.name)
    if (named === undefined) return { type, node: { kind: 'opaque', name: found.name }, known: undefined }
    if (named.kind === 'enum') return { type, node: { kind: 'enum', variants: named.variants }, known: undefined }
    const parts = partsOf(named.fields)
    const [only] = parts
    if (only === undefined || parts.length > 1 || named.fields.kind === 'fields') {
      return { type, node: { kind: 'product', parts }, known: undefined }
    }
    found = only.type
  }
  return { type, node: { kind: 'opaque', name: formatType(type) }, known: undefined }
}

function nodeOf(type: Exclude<Type, { kind: 'known' | 'named' }>): Node {
  switch (type.kind) {
    case 'option':
    case 'sequence':
    case 'map':
    case 'array':
      return type
    case 'tuple':
      return { kind: 'product', parts: type.items.map((item) => ({ type: item })) }
    case 'unit':
      return { kind: 'product', parts: [] }
    case 'result': {
      const variant = (name: string, item: Type) => ({ name, fields: { kind: 'tuple' as const, items: [item] } })
      return { kind: 'enum', variants: [variant('Ok', type.ok), variant('Err', type.error)] }
    }
    default:
      return { kind: 'leaf', wire: type.kind }
  }
}

/** A struct's parts one after the other, those of structs inside it in their place, and nothing where nothing is written. */
function flat(types: Types, parts: readonly Part[]): Part[] {
  const slots: Part[] = []
  const add = ({ name, type }: Part, outer: readonly string[]): void => {
    const { node, known } = open(types, type)
    const inner = type.kind === 'named' ? [...outer, type.name] : outer
    if (type.kind === 'named' && outer.includes(type.name)) slots.push({ name, type: endless })
    else if (slots.length > mostSlots || (known !== undefined && known.json !== 'wire')) slots.push({ name, type })
    else if (node.kind === 'product') for (const part of node.parts) add({ ...part, name: part.name ?? name }, inner)
    else if (node.kind === 'array' && node.length <= mostItems) {
      for (let index = 0; index < node.length; index += 1) add({ name, type: node.item }, inner)
    } else slots.push({ name, type })
  }
  for (const part of parts) add(part, [])
  return slots
}

/** A struct that holds itself without a way to end has no value. */
const endless: Type = { kind: 'known', name: 'unreadable' }

const isGroup = (node: Node): boolean => node.kind === 'product' || (node.kind === 'array' && node.length <= mostItems)
const hasForm = ({ known }: Opened): boolean => known !== undefined && known.json !== 'wire'

function slotsOf(types: Types, { node, type }: Opened): Part[] {
  if (node.kind === 'product') return flat(types, node.parts)
  return node.kind === 'array'
    ? flat(
        types,
        Array.from({ length: node.length }, () => ({ type: node.item })),
      )
    : [{ type }]
}

const isNothing = (types: Types, type: Type): boolean => flat(types, [{ type }]).length === 0

const widths: Partial<Record<Primitive, number>> = {
  ...{ bool: 1, u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4 },
  ...{ u64: 8, i64: 8, usize: 8, isize: 8, f64: 8, u128: 16, i128: 16 },
}

/** The bytes that every value of it takes; `Infinity` when that depends on the value. */
function widthOf(types: Types, type: Type): number {
  const { node } = open(types, type)
  if (node.kind === 'leaf') return widths[node.wire] ?? Number.POSITIVE_INFINITY
  if (node.kind === 'enum' && isPlain(node.variants)) return 4
  if (node.kind === 'array') return node.length === 0 ? 0 : node.length * widthOf(types, node.item)
  if (node.kind !== 'product') return Number.POSITIVE_INFINITY
  const slots = flat(types, node.parts)
  return slots.length > mostSlots
    ? Number.POSITIVE_INFINITY
    : slots.reduce((sum, slot) => sum + widthOf(types, slot.type), 0)
}

const isPlain = (variants: Variants): boolean => variants.every(({ fields }) => partsOf(fields).length === 0)

/** Whether any bytes of its width are a value. */
function isNumber(types: Types, type: Type): boolean {
  const { node, known } = open(types, type)
  if (node.kind === 'array') return known === undefined && isNumber(types, node.item)
  return node.kind === 'leaf' && node.wire !== 'bool' && known === undefined
}

/** One number read as another. */
function leafEffect(a: Primitive, b: Primitive): Effect {
  const [from, to] = [plain(a), plain(b)]
  if (from === to) return SAME
  const isByte = (kind: Primitive) => widths[kind] === 1
  // ASCII is one byte.
  if ((isByte(from) && to === 'char') || (from === 'char' && isByte(to))) return DIFFERS | FAILS
  if (widths[from] === undefined || widths[from] !== widths[to]) return FAILS
  if (to === 'bool') return DIFFERS | FAILS
  // Numbers that are not negative are the same with and without a sign.
  const isWhole = /^[ui]/.test(from) && /^[ui]/.test(to)
  return isWhole ? SAME | DIFFERS : DIFFERS
}

const plain = (kind: Primitive): Primitive => (kind === 'usize' ? 'u64' : kind === 'isize' ? 'i64' : kind)

/** A number of a variant and a number; an Option of nothing and a bool. */
function smallEffect(before: Types, a: Node, after: Types, b: Node): Effect {
  const isNumbered = (node: Node) => node.kind === 'enum' && isPlain(node.variants)
  const isWord = (node: Node) => node.kind === 'leaf' && widths[node.wire] === 4
  if (isNumbered(a) && isWord(b)) return DIFFERS
  if (isWord(a) && isNumbered(b)) return DIFFERS | FAILS
  const isFlag = (types: Types, node: Node) => node.kind === 'option' && isNothing(types, node.item)
  const isByte = (node: Node) => node.kind === 'leaf' && widths[node.wire] === 1
  if (isFlag(before, a) && isByte(b)) return DIFFERS
  if (isByte(a) && isFlag(after, b)) return a.kind === 'leaf' && a.wire === 'bool' ? DIFFERS : DIFFERS | FAILS
  return FAILS
}

const units: readonly (readonly [RegExp, string])[] = [
  [/ as (?:ts_seconds|timestamp)$/, 'seconds'],
  [/ as (?:ts_|timestamp::)(milliseconds|microseconds|nanoseconds)$/, ''],
]

/** What an integer that stands for a time counts. */
function unitOf(known: KnownType | undefined): string | undefined {
  for (const [pattern, unit] of units) {
    const found = pattern.exec(known?.name ?? '')
    if (found) return unit || found[1]
  }
  return undefined
}

/** What the same bytes are to the types around them. */
function asKnown({ known: a, node: from }: Opened, { known: b, node: to }: Opened, effect: Effect): Effect {
  if (!isRead(effect)) return effect
  if (isText(from) && isText(to)) {
    const [form, formAfter] = [a && textForm(a.name), b && textForm(b.name)]
    const isAny = b === undefined || b.name === 'PathBuf'
    return isAny || (form !== undefined && form === formAfter) ? effect : effect | FAILS
  }
  // Sixteen bytes are no text that is a date.
  if (isText(to) && b !== undefined && textForm(b.name) !== undefined) return FAILS
  const [json, jsonAfter] = [a?.json ?? 'wire', b?.json ?? 'wire']
  if (json !== jsonAfter) {
    // Most have bytes that are no value: a date on the 400th day.
    const isAny = ['wire', 'ipv4', 'ipv6', 'socket-v4', 'socket-v6'].includes(jsonAfter)
    return (isAny ? 0 : FAILS) | (effect & FAILS) | DIFFERS
  }
  const [unit, unitAfter] = [unitOf(a), unitOf(b)]
  if (unit !== undefined && unitAfter !== undefined && unit !== unitAfter) return mistaken(effect)
  if (b?.name.startsWith('NonZero')) return effect | FAILS
  // A span of time read as a point in time.
  const isOther = a !== undefined && b !== undefined && a.wire?.kind === 'fields' && b.wire?.kind === 'fields'
  return isOther ? mistaken(effect) : effect
}
