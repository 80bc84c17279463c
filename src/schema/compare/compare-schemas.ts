import type { Fields, Schema, Type, Variants } from '../model.ts'
import { formatType } from '../type-text.ts'
import { alignFields } from './align.ts'
import { DIFFERS, type Effect, FAILS, LEFTOVER, misread, SAME } from './effect.ts'
import { type Judgement, kindOf, misreadBothWays, numberAdded, numberRemoved, unchanged } from './judgement.ts'
import { takesNoBytes } from './layout.ts'
import { matchNames, type Part, partsOf } from './parts.ts'
import { eventsByType } from './reach.ts'
import { type Mistake, renumberedVariants } from './renumbered-variants.ts'
import { type ChangeDetail, type FieldText, kindsByRisk, type SchemaChange } from './schema-change.ts'
import { tailTypes } from './tail-types.ts'
import { typeChangeReason } from './type-change-reason.ts'
import { TypePairs } from './type-pairs.ts'
import type { Effects } from './wire-comparison.ts'

/**
 * Lists the changes between two schemas by the structure of their types. Judges each change by how services with the new types decode the payloads that are
 * already on the topic and in the store. Changes with silent errors come first, then changes that fail, then safe ones.
 *
 * Names are not on the wire. A new name at the position of an old one is therefore a rename if the bytes decode the same. A
 * name that moved to another position is not a rename.
 */
export function structuralChanges(before: Schema, after: Schema): SchemaChange[] {
  const comparison = new SchemaComparison(before, after)
  comparison.run()
  return comparison.changes.sort((a, b) => kindsByRisk.indexOf(a.kind) - kindsByRisk.indexOf(b.kind))
}

/** A type, variant or field of the old schema, with its position in payloads. */
interface FieldPath {
  /** `OrderAction.OrderPlaced.items` */
  readonly path: string
  /** The event types whose payloads contain the type, variant or field. */
  readonly events: readonly string[]
  /** Whether it can be the last part of a payload, so that no bytes follow it. */
  readonly isTail: boolean
}

/** Collects the changes of one comparison. In all methods, `a` is the old side of a pair and `b` the new side. */
class SchemaComparison {
  readonly changes: SchemaChange[] = []
  readonly #before: Schema
  readonly #after: Schema
  readonly #pairs: TypePairs
  readonly #events: ReadonlyMap<string, readonly string[]>
  readonly #tails: ReadonlySet<string>

  constructor(before: Schema, after: Schema) {
    this.#before = before
    this.#after = after
    this.#pairs = new TypePairs(before, after)
    this.#events = eventsByType(before)
    this.#tails = tailTypes(before)
  }

  run(): void {
    const [a, b] = [this.#before.root, this.#after.root]
    const before = this.#before.integers ?? 'fixed'
    const after = this.#after.integers ?? 'fixed'
    if (before !== after) {
      const at: FieldPath = { path: a, events: [...this.#eventsOf(a)], isTail: true }
      const judged: Judgement = { effect: DIFFERS | FAILS | LEFTOVER, reverse: DIFFERS | FAILS | LEFTOVER }
      this.#report(at, judged, { code: 'integers-changed', before, after })
    }
    if (a !== b && !this.#pairs.isRename(a, b)) {
      this.#rootChanged(a, b)
      return
    }
    this.#pairs.pair(a, b)
    for (const [name, nameAfter] of this.#pairs.all) this.#named(name, nameAfter)
  }

  #rootChanged(a: string, b: string): void {
    const newRoot = this.#after.types.get(b)
    const wrapper = newRoot?.kind === 'enum' ? newRoot.variants.find(({ fields }) => holdsOnly(fields, a)) : undefined
    this.#report({ path: a, events: [...this.#eventsOf(a)], isTail: true }, this.#judgeNamed(a, b, true), {
      code: 'root-changed',
      before: a,
      after: b,
      ...(wrapper === undefined ? {} : { wrappedBy: wrapper.name }),
    })
  }

  #named(a: string, b: string): void {
    const [before, after] = [this.#before.types.get(a), this.#after.types.get(b)]
    if (before === undefined || after === undefined) return
    const at: FieldPath = { path: a, events: this.#eventsOf(a), isTail: this.#tails.has(a) }
    if (a !== b) this.#report(at, unchanged, { code: 'type-renamed', before: a, after: b })
    if (before.kind === 'enum' && after.kind === 'enum') this.#variants(at, before.variants, after.variants)
    else if (before.kind === 'struct' && after.kind === 'struct') this.#fields(at, before.fields, after.fields)
    else {
      const judged = this.#judgeNamed(a, b, at.isTail)
      this.#report(at, judged, { code: 'type-kind-changed', before: before.kind, after: after.kind })
    }
  }

  #eventsOf(name: string): readonly string[] {
    return this.#events.get(name) ?? []
  }

  /** Judges a pair in both directions. */
  #judge(judge: (effects: Effects, isReverse: boolean) => Effect): Judgement {
    return { effect: judge(this.#pairs.forward, false), reverse: judge(this.#pairs.backward, true) }
  }

  #judgeNamed(a: string, b: string, isTail: boolean): Judgement {
    return this.#judge((effects, isReverse) =>
      isReverse ? effects.ofNamed(b, a, isTail) : effects.ofNamed(a, b, isTail),
    )
  }

  #judgeTypes(a: Type, b: Type, isTail: boolean): Judgement {
    return this.#judge((effects, isReverse) =>
      isReverse ? effects.ofTypes(b, a, isTail) : effects.ofTypes(a, b, isTail),
    )
  }

  #judgeParts(a: readonly Part[], b: readonly Part[], isTail: boolean): Judgement {
    return this.#judge((effects, isReverse) =>
      isReverse ? effects.ofParts(b, a, isTail) : effects.ofParts(a, b, isTail),
    )
  }

  #report({ path, events }: FieldPath, { effect, reverse }: Judgement, detail: ChangeDetail): void {
    const kind = kindOf(effect)
    const leftoverBytes = kind === 'breaks' && (effect & LEFTOVER) !== 0
    // The bytes of a field that came from a nested struct, or went into one, are still at the same position.
    const isField = detail.code === 'field-added' || detail.code === 'field-removed'
    const isRegrouped = isField && kind === 'safe' && !detail.takesNoBytes
    this.changes.push({
      kind,
      where: path,
      events,
      oldReaders: kindOf(reverse),
      leftoverBytes,
      isRegrouped,
      ...detail,
    })
  }

  /** Compares the types of one field. The schema's own types inside them are paired, and compared separately. */
  #types(at: FieldPath, a: Type, b: Type): void {
    this.#pairs.pairWithin(a, b)
    const after = formatType(b)
    if (formatType(this.#pairs.renamed(a)) === after) return
    const judged = this.#judgeTypes(a, b, at.isTail)
    const reason = typeChangeReason(a, b, judged.effect)
    this.#report(at, judged, { code: 'type-changed', before: formatType(a), after, reason })
  }

  #fields(at: FieldPath, before: Fields, after: Fields): void {
    const [a, b] = [partsOf(before), partsOf(after)]
    if (before.kind === 'fields' && after.kind === 'fields') {
      this.#namedFields(at, a, b)
      return
    }
    if (a.length === b.length) {
      for (const [index, part] of a.entries()) {
        const name = part.name ?? (a.length === 1 ? undefined : `${index}`)
        this.#types(within(at, name, index === a.length - 1), part.type, (b[index] as Part).type)
      }
      if (before.kind === after.kind || a.length === 0) return
      this.#report(at, unchanged, { code: after.kind === 'fields' ? 'fields-named' : 'fields-unnamed' })
      return
    }
    for (const [index, part] of a.entries()) if (b[index]) this.#pairs.pairWithin(part.type, b[index].type)
    const judged = this.#judgeParts(a, b, at.isTail)
    this.#report(at, judged, { code: 'contents-changed', before: a.map(fieldText), after: b.map(fieldText) })
  }

  #namedFields(at: FieldPath, a: readonly Part[], b: readonly Part[]): void {
    const { added, removed, moved, replaced } = alignFields(a, b)
    const whole = this.#judgeParts(a, b, at.isTail)
    for (const part of a) {
      const other = b.find(({ name }) => name === part.name)
      if (other) this.#types(within(at, part.name, part === a.at(-1) && other === b.at(-1)), part.type, other.type)
    }
    for (const [old, now] of replaced) {
      this.#replacedField(within(at, old.name, old === a.at(-1) && now === b.at(-1)), old, now)
    }
    if (added.length > 0 && removed.length > 0 && whole.effect === SAME) {
      this.#report(at, whole, { code: 'fields-regrouped', removed: namesOf(removed), added: namesOf(added) })
    } else {
      for (const part of removed) {
        const isEmpty = takesNoBytes(this.#before.types, part.type)
        const detail = { code: 'field-removed', type: formatType(part.type), takesNoBytes: isEmpty } as const
        this.#report(within(at, part.name, false), whole, detail)
      }
      for (const part of added) {
        const nextField = b[b.indexOf(part) + 1]?.name
        this.#report(within(at, part.name, false), whole, {
          code: 'field-added',
          type: formatType(part.type),
          isOption: part.type.kind === 'option',
          takesNoBytes: takesNoBytes(this.#after.types, part.type),
          ...(nextField === undefined ? {} : { nextField }),
        })
      }
    }
    if (moved.length > 0) this.#report(at, whole, reorderedFields(a, b, moved, whole.effect))
  }

  /** Compares a removed field with the added field at the same position. */
  #replacedField(at: FieldPath, old: Part, now: Part): void {
    this.#pairs.pairWithin(old.type, now.type)
    const judged = this.#judgeTypes(old.type, now.type, at.isTail)
    if (judged.effect !== SAME) {
      this.#report(at, judged, { code: 'field-replaced', before: fieldText(old), after: fieldText(now) })
      return
    }
    const type = formatType(now.type)
    this.#report(at, judged, {
      code: 'field-renamed',
      before: old.name ?? '',
      after: now.name ?? '',
      ...(formatType(this.#pairs.renamed(old.type)) === type ? {} : { type }),
    })
  }

  #variants(at: FieldPath, a: Variants, b: Variants): void {
    const names = new Set(a.map(({ name }) => name))
    const namesAfter = new Set(b.map(({ name }) => name))
    const mistakes: Mistake[] = []
    const renamed = new Set<string>()
    for (const [index, before] of a.entries()) {
      const after = b[index]
      const here = this.#variantPath(at, before.name)
      const sameName = b.find(({ name }) => name === before.name)
      if (sameName) this.#fields(here, before.fields, sameName.fields)
      if (after === undefined) {
        mistakes.push({ before: before.name, after: undefined, judged: numberRemoved })
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
    const isRenumbered = mistakes.some(({ after }) => after !== undefined)
    if (isRenumbered) this.#renumbered(at, a, b, mistakes)
    else {
      const removed = a.filter(({ name }, index) => !namesAfter.has(name) && !renamed.has(b[index]?.name ?? ''))
      for (const { name } of removed) {
        this.#report(this.#variantPath(at, name), numberRemoved, { code: 'variant-removed', variant: name })
      }
    }
    for (const [index, { name }] of b.entries()) {
      if (index < a.length || names.has(name) || renamed.has(name)) continue
      const here: FieldPath = { ...at, path: `${at.path}.${name}`, events: [] }
      this.#report(here, numberAdded, { code: 'variant-added', variant: name })
    }
  }

  /** A variant of the root, or of an enum that payloads can begin with, has events of its own. */
  #variantPath(at: FieldPath, name: string): FieldPath {
    const path = `${at.path}.${name}`
    return { path, events: this.#events.get(path) ?? at.events, isTail: at.isTail }
  }

  #renamedVariant(at: FieldPath, before: Variants[number], after: Variants[number], judged: Judgement): void {
    if (judged.effect === SAME) {
      this.#report(at, judged, { code: 'variant-renamed', before: before.name, after: after.name })
      this.#fields(at, before.fields, after.fields)
      return
    }
    const taken = misreadBothWays(judged)
    const isDecoded = (taken.effect & DIFFERS) !== 0
    this.#report(at, taken, { code: 'variant-replaced', before: before.name, after: after.name, isDecoded })
  }

  #renumbered(at: FieldPath, a: Variants, b: Variants, mistakes: readonly Mistake[]): void {
    const effect = mistakes.reduce((all, { judged }) => all | misread(judged.effect), 0)
    const reverse = mistakes.reduce((all, { judged }) => all | misread(judged.reverse), 0)
    const events = [...new Set(mistakes.flatMap(({ before }) => this.#variantPath(at, before).events))]
    this.#report({ ...at, events }, { effect, reverse }, renumberedVariants(a, b, mistakes))
  }
}

/** Returns the path of a field of a type or variant. `isLast`: the field is the last one of that type or variant. */
const within = ({ path, events, isTail }: FieldPath, name: string | undefined, isLast: boolean): FieldPath => ({
  path: name === undefined ? path : `${path}.${name}`,
  events,
  isTail: isTail && isLast,
})

const namesOf = (parts: readonly Part[]): string[] => parts.map(({ name = '' }) => name)

const fieldText = ({ name, type }: Part): FieldText =>
  name === undefined ? { type: formatType(type) } : { name, type: formatType(type) }

/** Whether the fields are those of a newtype of the named type. */
const holdsOnly = (fields: Fields, name: string): boolean => {
  const [only, ...more] = fields.kind === 'tuple' ? fields.items : []
  return only?.kind === 'named' && only.name === name && more.length === 0
}

function reorderedFields(a: readonly Part[], b: readonly Part[], moved: readonly Part[], effect: Effect): ChangeDetail {
  const [before, after] = [namesOf(a), namesOf(b)]
  const displaced = before.flatMap((name, index) => {
    const now = after[index]
    return now === undefined || now === name ? [] : [{ before: name, after: now }]
  })
  const [first, second] = displaced
  const isSwap = displaced.length === 2 && first?.before === second?.after && a.length === b.length
  return {
    code: 'fields-reordered',
    before,
    after,
    movedFields: namesOf(moved),
    ...(isSwap ? { swapped: displaced.map((each) => each.before) } : {}),
    ...((effect & DIFFERS) === 0 || first === undefined ? {} : { misread: first }),
  }
}
