import type { Fields, NamedType, Schema, Type } from '../model.ts'
import { namesIn } from '../schema-file.ts'
import { formatType } from '../type-text.ts'
import {
  DIFFERS,
  type Effect,
  type Effects,
  FAILS,
  LEFTOVER,
  matchNames,
  mistaken,
  type Part,
  partsOf,
  SAME,
  type Variants,
  wireEffects,
} from './wire-effect.ts'

/** What a change does to bytes that are written already. */
export type ChangeKind =
  /** Some decode to something else than was meant, and nobody is told. */
  | 'silent'
  /** Some fail to decode, and none decodes to something else. */
  | 'breaks'
  /** All decode to what they were. */
  | 'safe'

export interface SchemaChange {
  readonly kind: ChangeKind
  /** `OrderAction.OrderPlaced.items` */
  readonly where: string
  readonly what: string
  readonly advice: string
  /** Event types, or variants without one, whose payloads hold the type that changed. */
  readonly events: readonly string[]
  /** The same question of new bytes, in a service that still has the old types. */
  readonly oldReaders: ChangeKind
}

/**
 * What became of a schema, judged by what it does to payloads that lie on the topic and in the store, when services
 * with the new types read them: silent changes first, then those that fail, then those that are safe.
 *
 * Names are not on the wire. What stands in the place of another under a name that was nowhere before is therefore
 * taken for the same thing renamed, as long as its bytes are read the same; a name that moved is not.
 */
export function compareSchemas(before: Schema, after: Schema): SchemaChange[] {
  const comparison = new Comparison(before, after)
  comparison.run()
  const order: readonly ChangeKind[] = ['silent', 'breaks', 'safe']
  return comparison.changes.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

const kindOf = (effect: Effect): ChangeKind =>
  (effect & DIFFERS) !== 0 ? 'silent' : (effect & (FAILS | LEFTOVER)) !== 0 ? 'breaks' : 'safe'

/** What happens to old bytes in new services, and to new bytes in old ones. */
interface Judgement {
  readonly effect: Effect
  readonly reverse: Effect
}

interface Place {
  readonly where: string
  /** The event types that reach it. */
  readonly events: readonly string[]
  /** Whether nothing may follow it in a payload. */
  readonly isTail: boolean
}

class Comparison {
  readonly changes: SchemaChange[] = []
  readonly #before: Schema
  readonly #after: Schema
  /** Types of before, by what they are called after. */
  readonly #renames = new Map<string, string>()
  readonly #pairs: (readonly [string, string])[] = []
  readonly #paired = new Set<string>()
  readonly #forward: Effects
  readonly #backward: Effects
  readonly #reach: ReadonlyMap<string, readonly string[]>
  readonly #tails: ReadonlySet<string>

  constructor(before: Schema, after: Schema) {
    this.#before = before
    this.#after = after
    const isPaired = (a: string, b: string) => this.#called(a) === b
    this.#forward = wireEffects(before.types, after.types, isPaired)
    this.#backward = wireEffects(after.types, before.types, (b, a) => isPaired(a, b))
    this.#reach = eventsByType(before)
    this.#tails = tailTypes(before)
  }

  run(): void {
    const { root } = this.#before
    if (root !== this.#after.root && !this.#mayBeRenamed(root, this.#after.root)) {
      this.#rootChanged()
      return
    }
    this.#pair(root, this.#after.root)
    for (let next = 0; next < this.#pairs.length; next += 1) {
      const [a, b] = this.#pairs[next] as readonly [string, string]
      this.#named(a, b)
    }
  }

  #called(name: string): string {
    return this.#renames.get(name) ?? name
  }

  /** Looked into once, however often it is used. */
  #pair(a: string, b: string): void {
    if (this.#paired.has(a)) return
    this.#paired.add(a)
    if (a !== b) this.#renames.set(a, b)
    this.#pairs.push([a, b])
  }

  /** The one is gone, the other is new, and they are alike. */
  #mayBeRenamed(a: string, b: string): boolean {
    if (this.#renames.has(a)) return this.#renames.get(a) === b
    if (this.#after.types.has(a) || this.#before.types.has(b)) return false
    const [before, after] = [this.#before.types.get(a), this.#after.types.get(b)]
    if (before === undefined || after === undefined || before.kind !== after.kind) return false
    const [names, namesAfter] = [memberNames(before), memberNames(after)]
    const shared = names.filter((name) => namesAfter.includes(name)).length
    const isAlike = shared * 2 > Math.min(names.length, namesAfter.length)
    return isAlike || this.#forward.ofNamed(a, b, false) === SAME
  }

  #rootChanged(): void {
    const [a, b] = [this.#before.root, this.#after.root]
    const judged = this.#judge((effects, isBack) =>
      isBack ? effects.ofNamed(b, a, true) : effects.ofNamed(a, b, true),
    )
    const place = { where: a, events: [...this.#reachOf(a)], isTail: true }
    const held = this.#after.types.get(b)
    const wrapper = held?.kind === 'enum' && held.variants.find(({ fields }) => holdsOnly(fields, a))
    const wraps = wrapper ? `, whose variant ${wrapper.name} holds it: its number stands before every payload` : ''
    this.#report(place, judged, `a payload is ${b} now, and was ${a}${wraps}`, keepAndVersion(place.events))
  }

  #named(a: string, b: string): void {
    const [before, after] = [this.#before.types.get(a), this.#after.types.get(b)]
    if (before === undefined || after === undefined) return
    const place = { where: a, events: this.#reachOf(a), isTail: this.#tails.has(a) }
    if (a !== b) this.#report(place, same, `the type ${a} is called ${b} now`, namesAreFree)
    if (before.kind === 'enum' && after.kind === 'enum') this.#variants(place, before.variants, after.variants)
    else if (before.kind === 'struct' && after.kind === 'struct') this.#fields(place, before.fields, after.fields)
    else {
      const judged = this.#judge((effects, isBack) =>
        isBack ? effects.ofNamed(b, a, place.isTail) : effects.ofNamed(a, b, place.isTail),
      )
      const what = before.kind === 'enum' ? 'it was an enum and is a struct now' : 'it was a struct and is an enum now'
      this.#report(place, judged, what, keepAndVersion(place.events))
    }
  }

  #reachOf(name: string): readonly string[] {
    return this.#reach.get(name) ?? []
  }

  #judge(judge: (effects: Effects, isBack: boolean) => Effect): Judgement {
    return { effect: judge(this.#forward, false), reverse: judge(this.#backward, true) }
  }

  #judgeTypes(a: Type, b: Type, isTail: boolean): Judgement {
    return this.#judge((effects, isBack) => (isBack ? effects.ofTypes(b, a, isTail) : effects.ofTypes(a, b, isTail)))
  }

  #judgeParts(a: readonly Part[], b: readonly Part[], isTail: boolean): Judgement {
    return this.#judge((effects, isBack) => (isBack ? effects.ofParts(b, a, isTail) : effects.ofParts(a, b, isTail)))
  }

  #report({ where, events }: Place, { effect, reverse }: Judgement, what: string, advice: string): void {
    const kind = kindOf(effect)
    // What Rust lets pass is worth a word where crbus says that it fails.
    const forgiven = kind === 'breaks' && (effect & LEFTOVER) !== 0 ? `; ${forgives}` : ''
    this.changes.push({ kind, where, what: `${what}${forgiven}`, advice, events, oldReaders: kindOf(reverse) })
  }

  /** One type where another was. Types of the service inside both are compared on their own. */
  #types(place: Place, a: Type, b: Type): void {
    this.#pairUp(a, b)
    const text = formatType(a)
    const textAfter = formatType(b)
    if (formatType(this.#renamed(a)) === textAfter) return
    const judged = this.#judgeTypes(a, b, place.isTail)
    const kind = kindOf(judged.effect)
    const advice = kind === 'safe' ? 'nothing to do' : keepAndVersion(place.events)
    this.#report(place, judged, `it was ${text} and is ${textAfter} now${typeNote(a, b, judged.effect)}`, advice)
  }

  #pairUp(a: Type, b: Type): void {
    if (a.kind === 'named' && b.kind === 'named') {
      if (a.name === b.name || this.#mayBeRenamed(a.name, b.name)) this.#pair(a.name, b.name)
    }
    const [inner, innerAfter] = [itemsOf(a), itemsOf(b)]
    if (a.kind === b.kind && inner.length === innerAfter.length) {
      for (const [index, item] of inner.entries()) this.#pairUp(item, innerAfter[index] as Type)
      return
    }
    const names = namesIn(b)
    for (const name of namesIn(a)) if (names.includes(name)) this.#pair(name, name)
  }

  #renamed(type: Type): Type {
    switch (type.kind) {
      case 'named':
        return { kind: 'named', name: this.#called(type.name) }
      case 'option':
      case 'sequence':
      case 'array':
        return { ...type, item: this.#renamed(type.item) }
      case 'map':
        return { ...type, key: this.#renamed(type.key), value: this.#renamed(type.value) }
      case 'result':
        return { ...type, ok: this.#renamed(type.ok), error: this.#renamed(type.error) }
      case 'tuple':
        return { ...type, items: type.items.map((item) => this.#renamed(item)) }
      default:
        return type
    }
  }

  #fields(place: Place, before: Fields, after: Fields): void {
    const [a, b] = [partsOf(before), partsOf(after)]
    if (before.kind === 'fields' && after.kind === 'fields') {
      this.#namedFields(place, a, b)
      return
    }
    const isSameStyle = before.kind === after.kind
    if (a.length === b.length) {
      for (const [index, part] of a.entries()) {
        const name = part.name ?? (a.length === 1 ? undefined : `${index}`)
        this.#types(this.#inside(place, name, index === a.length - 1), part.type, (b[index] as Part).type)
      }
      if (isSameStyle || a.length === 0) return
      const what = after.kind === 'fields' ? 'its items have names now' : 'its fields have no names any more'
      this.#report(place, same, `${what}, in the same order`, namesAreFree)
      return
    }
    for (const [index, part] of a.entries()) if (b[index]) this.#pairUp(part.type, b[index].type)
    const judged = this.#judgeParts(a, b, place.isTail)
    const what = `it held ${listOf(a)} and holds ${listOf(b)} now`
    this.#report(place, judged, what, kindOf(judged.effect) === 'safe' ? sameBytes : keepAndVersion(place.events))
  }

  #inside({ where, events, isTail }: Place, name: string | undefined, isLast: boolean): Place {
    return { where: name === undefined ? where : `${where}.${name}`, events, isTail: isTail && isLast }
  }

  #namedFields(place: Place, a: readonly Part[], b: readonly Part[]): void {
    const { added, removed, moved, replaced } = align(a, b)
    const whole = this.#judgeParts(a, b, place.isTail)
    const at = ({ name }: Part, isLast: boolean) => this.#inside(place, name, isLast)
    for (const part of a) {
      const other = b.find(({ name }) => name === part.name)
      if (other) this.#types(at(part, part === a.at(-1) && other === b.at(-1)), part.type, other.type)
    }
    for (const [old, now] of replaced) {
      this.#pairUp(old.type, now.type)
      const where = at(old, old === a.at(-1) && now === b.at(-1))
      const judged = this.#judgeTypes(old.type, now.type, where.isTail)
      if (judged.effect === SAME) {
        const types = formatType(this.#renamed(old.type)) === formatType(now.type) ? '' : `, a ${formatType(now.type)}`
        this.#report(where, judged, `the field is called ${now.name} now${types}`, ifRenamed(now.name))
      } else {
        const what = `${now.name}: ${formatType(now.type)} stands where ${old.name}: ${formatType(old.type)} was`
        this.#report(where, judged, what, keepAndVersion(place.events))
      }
    }
    const changed = [...added, ...removed]
    if (changed.length > 0 && added.length > 0 && removed.length > 0 && whole.effect === SAME) {
      const what = `the fields ${namesOf(removed)} are ${namesOf(added)} now, of the same bytes`
      this.#report(place, whole, what, sameBytes)
    } else {
      for (const part of removed) {
        const what = `the field was removed (${formatType(part.type)})${whole.effect === SAME ? ', which takes no bytes' : ''}`
        this.#report(at(part, part === a.at(-1)), whole, what, fieldAdvice(whole, place))
      }
      for (const part of added) {
        const next = b[b.indexOf(part) + 1]
        const stands = next === undefined ? 'at the end' : `before ${next.name}`
        const type = formatType(part.type)
        const option =
          part.type.kind === 'option'
            ? '; an Option is a byte even when it is None, and serde(default) does not help bincode'
            : ''
        const nothing = whole.effect === SAME ? ', which takes no bytes' : option
        this.#report(
          at(part, false),
          whole,
          `a field was added ${stands} (${type})${nothing}`,
          fieldAdvice(whole, place),
        )
      }
    }
    if (moved.length > 0) this.#report(place, whole, movedFields(a, b, moved, whole.effect), putBack)
  }

  #variants(place: Place, a: Variants, b: Variants): void {
    const names = new Set(a.map(({ name }) => name))
    const namesAfter = new Set(b.map(({ name }) => name))
    const mistakes: Mistake[] = []
    const renamed = new Set<string>()
    for (const [index, before] of a.entries()) {
      const after = b[index]
      const here = this.#variantPlace(place, before.name)
      const elsewhere = b.find(({ name }) => name === before.name)
      if (elsewhere) this.#fields(here, before.fields, elsewhere.fields)
      if (after === undefined) {
        mistakes.push({ before: before.name, after: undefined, judged: failed })
        continue
      }
      const match = matchNames(before, after, names, namesAfter)
      if (match === 'same') continue
      const judged = this.#judgeParts(partsOf(before.fields), partsOf(after.fields), here.isTail)
      if (match === 'mistaken') mistakes.push({ before: before.name, after: after.name, judged })
      else {
        renamed.add(after.name)
        this.#renamedVariant(here, before, after, judged)
      }
    }
    const added = b.filter(({ name }) => !names.has(name) && !renamed.has(name))
    const removed = a.filter(
      ({ name }, index) =>
        !namesAfter.has(name) && (b[index] === undefined || !renamed.has((b[index] as { name: string }).name)),
    )
    const isShifted = mistakes.some(({ after }) => after !== undefined)
    if (isShifted) this.#shifted(place, a, b, mistakes)
    else {
      for (const { name } of removed) {
        const here = this.#variantPlace(place, name)
        const what = `the last variant ${name} was removed: nothing has its number any more`
        this.#report(here, { effect: FAILS, reverse: SAME }, what, keepPlace(name))
      }
    }
    for (const { name } of added) {
      const isAppended = b.findIndex((variant) => variant.name === name) >= a.length
      if (!isAppended) continue
      const where = { ...place, where: `${place.where}.${name}`, events: [] }
      const advice = 'deploy what reads it before what writes it: services with the old types fail on the new variant'
      this.#report(where, { effect: SAME, reverse: FAILS }, `the variant ${name} was appended`, advice)
    }
  }

  /** A variant's own events, where the enum is one that payloads begin with. */
  #variantPlace(place: Place, name: string): Place {
    const own = this.#reach.get(`${place.where}.${name}`)
    return { where: `${place.where}.${name}`, events: own ?? place.events, isTail: place.isTail }
  }

  #renamedVariant(place: Place, before: Variants[number], after: Variants[number], judged: Judgement): void {
    if (judged.effect === SAME) {
      this.#report(place, judged, `the variant is called ${after.name} now`, ifRenamed(after.name))
      this.#fields(place, before.fields, after.fields)
      return
    }
    const taken: Judgement = { effect: mistaken(judged.effect), reverse: mistaken(judged.reverse) }
    const isRead = (taken.effect & DIFFERS) !== 0
    const what = `${after.name} stands in its place: bytes of ${before.name} ${isRead ? `are read as ${after.name}` : `are taken for ${after.name} and fail`}`
    this.#report(place, taken, what, `${keepPlace(before.name)}, and append ${after.name} at the end`)
  }

  #shifted(place: Place, a: Variants, b: Variants, mistakes: readonly Mistake[]): void {
    const effect = mistakes.reduce((all, { judged }) => all | mistaken(judged.effect), 0)
    const reverse = mistakes.reduce((all, { judged }) => all | mistaken(judged.reverse), 0)
    const events = unique(mistakes.flatMap(({ before }) => this.#variantPlace(place, before).events))
    const { what, advice } = shiftInWords(a, b, mistakes)
    this.#report({ ...place, events }, { effect, reverse }, what, advice)
  }
}

/** A variant whose number is another's now, or nobody's. */
interface Mistake {
  readonly before: string
  readonly after: string | undefined
  readonly judged: Judgement
}

const same: Judgement = { effect: SAME, reverse: SAME }
const failed: Judgement = { effect: FAILS, reverse: SAME }

const namesAreFree = 'nothing to do: names are not on the wire'
const sameBytes = 'nothing to do: the bytes are the same'
const putBack = 'put the fields back in their old order, which is the order of the bytes'
const forgives = "bincode in Rust forgives bytes left over at a payload's end, so services may read on without a word"
const ifRenamed = (name: string | undefined): string =>
  `nothing to do if ${name} means the same: names are not on the wire, and if it does not, old values are taken for it`
const keepPlace = (name: string): string => `keep ${name} in its place, even when nobody writes it any more`

/** The framework's advice: a new shape is a new event. */
function keepAndVersion(events: readonly string[]): string {
  const [first] = events
  const version = first === undefined ? undefined : nextVersion(first)
  const written =
    version === undefined || events.length > 1 ? 'of event types one version up (.v2)' : `written as ${version}`
  return events.length > 1
    ? `leave the type as it is, and give the new shape a type of its own in new variants at the end, ${written}`
    : `leave it as it is, and append a variant with the new shape at the end, ${written}`
}

function nextVersion(event: string): string | undefined {
  if (!/^[\w.-]+$/.test(event)) return undefined
  const found = /^(.*)\.v(\d+)$/.exec(event)
  return found ? `${found[1]}.v${Number(found[2]) + 1}` : `${event}.v2`
}

const fieldAdvice = ({ effect }: Judgement, { events }: Place): string =>
  effect === SAME ? sameBytes : keepAndVersion(events)

const unique = (names: readonly string[]): string[] => [...new Set(names)]
const namesOf = (parts: readonly Part[]): string => parts.map(({ name }) => name).join(', ')
const listOf = (parts: readonly Part[]): string =>
  parts.length === 0
    ? 'nothing'
    : parts.map(({ name, type }) => `${name ? `${name}: ` : ''}${formatType(type)}`).join(', ')

const holdsOnly = (fields: Fields, name: string): boolean => {
  const [only, ...more] = fields.kind === 'tuple' ? fields.items : []
  return only?.kind === 'named' && only.name === name && more.length === 0
}

const memberNames = (type: NamedType): readonly string[] =>
  type.kind === 'enum'
    ? type.variants.map(({ name }) => name)
    : type.fields.kind === 'fields'
      ? type.fields.fields.map(({ name }) => name)
      : []

function itemsOf(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'option':
    case 'sequence':
    case 'array':
      return [type.item]
    case 'map':
      return [type.key, type.value]
    case 'result':
      return [type.ok, type.error]
    case 'tuple':
      return type.items
    default:
      return []
  }
}

interface Alignment {
  readonly added: readonly Part[]
  readonly removed: readonly Part[]
  /** In another order among those that stayed. */
  readonly moved: readonly Part[]
  /** Gone and new, between the same neighbours. */
  readonly replaced: readonly (readonly [Part, Part])[]
}

/** Fields by name; between those that stayed where they were, what is gone and what is new stand for each other. */
function align(a: readonly Part[], b: readonly Part[]): Alignment {
  const kept = longestCommon(
    a.map(({ name }) => name),
    b.map(({ name }) => name),
  )
  const [names, namesAfter] = [new Set(a.map(({ name }) => name)), new Set(b.map(({ name }) => name))]
  const replaced: (readonly [Part, Part])[] = []
  const added: Part[] = []
  const removed: Part[] = []
  const moved: Part[] = []
  let [at, to] = [0, 0]
  for (const name of [...kept, undefined]) {
    const [gap, gapAfter]: [Part[], Part[]] = [[], []]
    for (; at < a.length && a[at]?.name !== name; at += 1) gap.push(a[at] as Part)
    for (; to < b.length && b[to]?.name !== name; to += 1) gapAfter.push(b[to] as Part)
    at += 1
    to += 1
    moved.push(...gap.filter((part) => namesAfter.has(part.name)))
    const gone = gap.filter((part) => !namesAfter.has(part.name))
    const fresh = gapAfter.filter((part) => !names.has(part.name))
    // Two for one are more than another name.
    const isEven = gone.length === fresh.length
    for (const [index, part] of gone.entries()) if (isEven) replaced.push([part, fresh[index] as Part])
    if (!isEven) {
      removed.push(...gone)
      added.push(...fresh)
    }
  }
  return { added, removed, moved, replaced }
}

function longestCommon<T>(a: readonly T[], b: readonly T[]): T[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0
  for (let row = a.length - 1; row >= 0; row -= 1) {
    for (let column = b.length - 1; column >= 0; column -= 1) {
      const found =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
      ;(lengths[row] as number[])[column] = found
    }
  }
  const common: T[] = []
  for (let [row, column] = [0, 0]; row < a.length && column < b.length; ) {
    if (a[row] === b[column]) {
      common.push(a[row] as T)
      row += 1
      column += 1
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  return common
}

function movedFields(a: readonly Part[], b: readonly Part[], moved: readonly Part[], effect: Effect): string {
  const wrong = a.flatMap(({ name }, index) => {
    const now = b[index]
    return now === undefined || now.name === name ? [] : [[name, now.name] as const]
  })
  const isSwap = wrong.length === 2 && wrong[0]?.[0] === wrong[1]?.[1] && a.length === b.length
  const what = isSwap
    ? `the fields ${wrong.map(([name]) => name).join(' and ')} changed places`
    : `${namesOf(moved)} moved: the fields are ${namesOf(b)} now, and were ${namesOf(a)}`
  const [first] = wrong
  if ((effect & DIFFERS) === 0 || first === undefined) return `${what}; their bytes do not fit each other`
  return `${what}: old bytes of ${first[0]} are read as ${first[1]}`
}

const mostMistakes = 4

/** What happened to an enum's numbers, and what old bytes are taken for. */
function shiftInWords(a: Variants, b: Variants, mistakes: readonly Mistake[]): { what: string; advice: string } {
  const [names, namesAfter] = [a.map(({ name }) => name), b.map(({ name }) => name)]
  const kept = longestCommon(names, namesAfter)
  const moved = names.filter((name) => namesAfter.includes(name) && !kept.includes(name))
  const lastKept = namesAfter.findLastIndex((name) => names.includes(name))
  const wrong = new Set(mistakes.map(({ before }) => before))
  const inserted = namesAfter.filter(
    (name, index) => !names.includes(name) && index < lastKept && !isRenamed(name, index),
  )
  const removed = names.filter((name) => !namesAfter.includes(name) && wrong.has(name))
  // One that took the place of a variant that is gone and was not moved over is a rename.
  function isRenamed(name: string, index: number): boolean {
    const before = names[index]
    return before !== undefined && !namesAfter.includes(before) && !wrong.has(before) && name !== before
  }
  const many = (count: number) => (count === 1 ? 'was' : 'were')
  const causes = [
    ...(moved.length > 0 ? ['the variants were reordered, whose place is their number in the bytes'] : []),
    ...(inserted.length > 0
      ? [
          `${inserted.join(', ')} ${many(inserted.length)} inserted before ${namesAfter[namesAfter.indexOf(inserted.at(-1) as string) + 1]}`,
        ]
      : []),
    ...(removed.length > 0 ? [`${removed.join(', ')} ${many(removed.length)} removed from the middle`] : []),
  ]
  const isSilent = ({ judged }: Mistake) => (mistaken(judged.effect) & DIFFERS) !== 0
  const worstFirst = [...mistakes.filter(isSilent), ...mistakes.filter((mistake) => !isSilent(mistake))]
  const results = worstFirst.slice(0, mostMistakes).map(({ before, after, judged }) => {
    if (after === undefined) return `those of ${before} fail`
    const effect = mistaken(judged.effect)
    const fails = (effect & FAILS) === 0 ? '' : ' or fail'
    return (effect & DIFFERS) === 0
      ? `those of ${before} are taken for ${after} and fail`
      : `those of ${before} are read as ${after}${fails}`
  })
  const [first = '', ...rest] = results
  const more = mistakes.length > mostMistakes ? [`and so on for ${mistakes.length - mostMistakes} more`] : []
  const advice = [
    ...(moved.length > 0 ? ['put the variants back in their old order'] : []),
    ...(inserted.length > 0 ? [`move ${inserted.join(', ')} to the end of the enum`] : []),
    ...(removed.length > 0 ? [keepPlace(removed.join(', '))] : []),
  ]
  return {
    what: `${causes.join(', and ')}: ${[first.replace('those of', 'old bytes of'), ...rest, ...more].join(', ')}`,
    advice: `${advice.join(', and ')}; new variants go to the end`,
  }
}

const isInteger = ({ kind }: Type): boolean => /^[ui](?:\d+|size)$/.test(kind)

/** What to say of a type that became another, where the texts alone do not say it. */
function typeNote(a: Type, b: Type, effect: Effect): string {
  if ((effect & DIFFERS) !== 0) {
    const some = (effect & FAILS) === 0 ? '' : ', and others fail'
    if (b.kind === 'sequence' && /Set$/.test(b.name)) return ': items that are equal become one'
    if (b.kind === 'sequence' && b.name === 'BinaryHeap') return ': the order is lost'
    if ((effect & (SAME | FAILS)) === SAME && isInteger(a) && isInteger(b)) {
      return ': the sign is a bit like others, so negative numbers and the largest are read as each other'
    }
    return `: the same bytes, read as something else${some}`
  }
  if (effect === SAME) return ', of the same bytes'
  if (b.kind === 'option' && a.kind !== 'option') return ': an Option has a byte in front, which old bytes do not have'
  if (a.kind === 'option' && b.kind !== 'option') return ': the byte in front of an Option is still there in old bytes'
  const isPartly = (effect & SAME) !== 0
  return isPartly ? ': not every old value is one of it' : ': it takes other bytes'
}

/** For each type, and each `Enum.Variant` a payload can begin with, the event types whose payloads reach it. */
function eventsByType({ root, types, events }: Schema): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const eventsOf = new Map<string, string[]>()
  for (const [event, path] of events) eventsOf.set(path, [...(eventsOf.get(path) ?? []), event])
  const note = (name: string, labels: readonly string[]) =>
    found.set(name, unique([...(found.get(name) ?? []), ...labels]))
  const reach = (name: string, labels: readonly string[], seen: Set<string>): void => {
    if (seen.has(name)) return
    seen.add(name)
    note(name, labels)
    const type = types.get(name)
    const held =
      type === undefined ? [] : type.kind === 'struct' ? [type.fields] : type.variants.map(({ fields }) => fields)
    for (const part of held.flatMap(partsOf)) for (const inner of namesIn(part.type)) reach(inner, labels, seen)
  }
  const begin = (name: string, path: string, outer: readonly string[]): string[] => {
    const type = types.get(name)
    if (type?.kind !== 'enum') return []
    const all: string[] = []
    for (const variant of type.variants) {
      const here = path === '' ? variant.name : `${path}.${variant.name}`
      const [only, ...more] = variant.fields.kind === 'tuple' ? variant.fields.items : []
      const isEnum = only?.kind === 'named' && more.length === 0 && types.get(only.name)?.kind === 'enum'
      const inner = isEnum && !outer.includes(only.name) ? begin(only.name, here, [...outer, only.name]) : []
      const labels = inner.length > 0 ? inner : (eventsOf.get(here) ?? [here])
      note(`${name}.${variant.name}`, labels)
      if (inner.length === 0) {
        const seen = new Set<string>()
        for (const part of partsOf(variant.fields)) for (const held of namesIn(part.type)) reach(held, labels, seen)
      }
      all.push(...labels)
    }
    note(name, all)
    return all
  }
  begin(root, '', [root])
  return found
}

/** The types after which a payload may end. */
function tailTypes({ root, types }: Schema): Set<string> {
  const tails = new Set<string>()
  const addType = (type: Type): void => {
    if (type.kind === 'named') add(type.name)
    const last = itemsOf(type).at(-1)
    if (last) addType(last)
    if (type.kind === 'result') addType(type.ok)
  }
  const add = (name: string): void => {
    const type = types.get(name)
    if (tails.has(name) || type === undefined) return
    tails.add(name)
    const held = type.kind === 'struct' ? [type.fields] : type.variants.map(({ fields }) => fields)
    for (const fields of held) {
      const last = partsOf(fields).at(-1)
      if (last) addType(last.type)
    }
  }
  add(root)
  return tails
}
