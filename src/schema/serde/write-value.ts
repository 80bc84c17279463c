import { type ExactValue, exactOf } from '../../codecs/cbor/exact-value.ts'
import { describeValue, keyStep } from '../json-text.ts'
import type { Schema, Type } from '../model.ts'
import { libraryForms } from './library-forms.ts'
import {
  type Contents,
  type EnumPlan,
  type FieldPlan,
  type Plan,
  planner,
  resultPlan,
  type StructPlan,
  type VariantPlan,
} from './plan.ts'
import { firstUntagged, isFields, isU8, type JsonFields, listed, MAX_STEPS, Misfit } from './value-kinds.ts'
import { listOf, type SerdeFormat, writePrimitive } from './write-primitive.ts'

/** What is written, or why the value does not have the type. */
export type WrittenSerde =
  | { readonly ok: true; readonly exact: ExactValue; readonly variant: string | undefined }
  | { readonly ok: false; readonly reason: string; readonly path: string }

/** Variants without names may contain each other without any value between, so the recursion has a limit. */
const MAX_DEPTH = 600

/**
 * Compiles a schema to a function that converts a value, as serde_json would write it, to what a format contains. Unknown fields are
 * refused. A field that serde may leave out is left out if the value does not have it.
 */
export function compileSerdeWriter(schema: Schema): (value: unknown, format: SerdeFormat) => WrittenSerde {
  const plan = planner(schema)
  return (value, format) => {
    const writing = new Writing(plan, format)
    try {
      return { ok: true, exact: writing.named(schema.root, value, true), variant: writing.variant }
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      return { ok: false, reason: error.message, path: error.path }
    }
  }
}

type Entry = readonly [ExactValue, ExactValue]

/** Writes one payload. */
class Writing {
  /** The variants from the root, by their names in Rust. */
  variant: string | undefined
  #depth = 0
  #steps = 0
  readonly #plan: (name: string) => Plan | undefined
  readonly #format: SerdeFormat

  constructor(plan: (name: string) => Plan | undefined, format: SerdeFormat) {
    this.#plan = plan
    this.#format = format
  }

  named(name: string, value: unknown, isRoot = false, mustBeMap = false): ExactValue {
    const plan = this.#plan(name)
    if (plan === undefined) throw new Misfit(`the schema has no type ${name}`, true)
    return this.#planned(plan, value, isRoot, mustBeMap)
  }

  type(type: Type, value: unknown, isRoot = false, mustBeMap = false): ExactValue {
    this.#steps += 1
    if (this.#steps > MAX_STEPS) throw new Misfit('the value fits too many variants without names', true)
    switch (type.kind) {
      case 'option':
        return value === null || value === undefined ? null : this.type(type.item, value, false, mustBeMap)
      case 'sequence':
        if (type.name === 'ShortVec') throw new Misfit('crbus knows ShortVec only in bincode', true)
        return this.#items(isU8(type.item) ? listOf(value) : value, () => type.item)
      case 'array':
        return this.#items(isU8(type.item) ? listOf(value) : value, () => type.item, type.length)
      case 'tuple':
        return this.#items(value, (index) => type.items[index] as Type, type.items.length)
      case 'map':
        return this.#map(value, type.key, type.value)
      case 'result':
        return this.#planned(resultPlan(type.ok, type.error), value, false, false)
      case 'known':
        return this.#known(type.name, value)
      case 'named':
        return this.named(type.name, value, isRoot, mustBeMap)
      default:
        return writePrimitive(type.kind, value, this.#format)
    }
  }

  #planned(plan: Plan, value: unknown, isRoot: boolean, mustBeMap: boolean): ExactValue {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new Misfit(`${plan.name} is nested too deeply`, true)
    const exact =
      plan.kind === 'struct' ? this.#struct(plan, value, isRoot, mustBeMap) : this.#enum(plan, value, isRoot, mustBeMap)
    this.#depth -= 1
    return exact
  }

  #struct({ tag, contents, name }: StructPlan, value: unknown, isRoot: boolean, mustBeMap: boolean): ExactValue {
    if (contents.kind === 'unit') {
      if (!isEmpty(value)) throw new Misfit(`expected null for ${name}, got ${describeValue(value)}`)
      return this.#format === 'json' || this.#format === 'cbor' ? null : []
    }
    if (tag === undefined) return this.#contents(contents, value, name, isRoot, mustBeMap)
    if (isFields(value) && value[tag.name] !== tag.value)
      throw new Misfit(`expected ${JSON.stringify(tag.value)}, got ${describeValue(value[tag.name])}`).within(tag.name)
    return withTag([tag.name, tag.value], this.#contents(contents, without(value, tag.name), name, false, mustBeMap))
  }

  #enum(plan: EnumPlan, value: unknown, isRoot: boolean, mustBeMap: boolean): ExactValue {
    const named =
      plan.tagging.kind === 'external'
        ? this.#external(plan, value, isRoot)
        : this.#tagged(plan, value, isRoot, mustBeMap)
    if (named.ok) return named.exact
    const { variant: before } = this
    const depth = this.#depth
    return firstUntagged(plan, value, named.reason, (variant) => {
      this.variant = before
      this.#depth = depth
      if (isRoot) this.#enter(variant)
      return this.#contents(variant.contents, value, plan.name, isRoot, mustBeMap)
    })
  }

  #external(plan: EnumPlan, value: unknown, isRoot: boolean): Attempt {
    const fields = isFields(value) ? value : undefined
    const [name, ...more] = fields === undefined ? [value] : Object.keys(fields)
    const variant = typeof name === 'string' && more.length === 0 ? plan.byName.get(name) : undefined
    if (variant === undefined) {
      const names = plan.variants.filter(({ isUntagged }) => !isUntagged)
      const got = more.length > 0 ? 'an object with several keys' : describeValue(fields === undefined ? value : name)
      return { ok: false, reason: `expected a variant of ${plan.name} (${listed(names)}), got ${got}` }
    }
    if (isRoot) this.#enter(variant)
    if (variant.contents.kind === 'unit') {
      if (fields !== undefined && !isEmpty(fields[name as string]))
        throw new Misfit('the variant has no fields').within(variant.name)
      return { ok: true, exact: variant.name }
    }
    if (fields === undefined)
      return { ok: false, reason: `expected the contents of ${variant.name}, got only its name` }
    return { ok: true, exact: new Map([[variant.name, this.#inVariant(variant, fields[name as string], isRoot)]]) }
  }

  #tagged(plan: EnumPlan, value: unknown, isRoot: boolean, mustBeMap: boolean): Attempt {
    const { tagging } = plan
    if (tagging.kind === 'external') return { ok: false, reason: 'no tag' }
    if (plan.byName.size === 0) return { ok: false, reason: `${plan.name} has no variant with a name` }
    const { tag } = tagging
    const name = isFields(value) ? value[tag] : undefined
    const variant = typeof name === 'string' ? plan.byName.get(name) : undefined
    if (!isFields(value) || variant === undefined) {
      const got = !isFields(value) ? describeValue(value) : describeValue(name)
      return {
        ok: false,
        reason: `expected a variant of ${plan.name} in ${tag} (${listed(plan.variants)}), got ${got}`,
      }
    }
    if (isRoot) this.#enter(variant)
    const entry: Entry = [tag, variant.name]
    const isCompact = this.#isCompact && !mustBeMap
    if (tagging.kind === 'adjacent') {
      const { content } = tagging
      if (variant.contents.kind === 'unit') return { ok: true, exact: isCompact ? [variant.name] : new Map([entry]) }
      if (!Object.hasOwn(value, content)) throw new Misfit('missing').within(content).within(variant.name)
      const exact = this.#inVariant(variant, value[content], isRoot)
      return {
        ok: true,
        exact: isCompact ? [variant.name, exact] : new Map<ExactValue, ExactValue>([entry, [content, exact]]),
      }
    }
    if (variant.contents.kind === 'unit') return { ok: true, exact: withTag(entry, isCompact ? [] : new Map()) }
    return { ok: true, exact: withTag(entry, this.#inVariant(variant, without(value, tag), isRoot, mustBeMap)) }
  }

  #inVariant({ name, contents }: VariantPlan, value: unknown, isRoot: boolean, mustBeMap = false): ExactValue {
    try {
      return this.#contents(contents, value, name, isRoot, mustBeMap)
    } catch (error) {
      throw error instanceof Misfit ? error.within(name) : error
    }
  }

  #enter({ variant }: VariantPlan): void {
    this.variant = this.variant === undefined ? variant : `${this.variant}.${variant}`
  }

  #contents(contents: Contents, value: unknown, about: string, isRoot = false, mustBeMap = false): ExactValue {
    switch (contents.kind) {
      case 'unit':
        if (isEmpty(value)) return null
        throw new Misfit(`expected null for ${about}, got ${describeValue(value)}`)
      case 'newtype':
        return this.type(contents.item, value, isRoot, mustBeMap)
      case 'tuple':
        return this.#items(value, (index) => contents.items[index] as Type, contents.items.length)
      case 'fields':
        if (!isFields(value)) throw new Misfit(`expected the fields of ${about}, got ${describeValue(value)}`)
        if (this.#isCompact && !contents.hasFlat && !mustBeMap) return this.#positions(contents.fields, value, about)
        return this.#fields(contents.fields, value, about)
    }
  }

  #fields(fields: readonly FieldPlan[], value: JsonFields, about: string): ExactValue {
    const entries = new Map<ExactValue, ExactValue>()
    const own = fields.filter(({ isFlat }) => !isFlat)
    const names = new Set(own.flatMap(({ name, aliases }) => [name, ...aliases]))
    let rest: JsonFields = Object.fromEntries(Object.entries(value).filter(([key]) => !names.has(key)))
    for (const field of fields) {
      if (!field.isFlat) {
        const exact = this.#field(field, value)
        if (exact !== undefined) entries.set(field.name, exact)
        continue
      }
      const taken = this.#keysOf(field.type, rest)
      const part = Object.fromEntries(Object.entries(rest).filter(([key]) => taken.has(key)))
      rest = Object.fromEntries(Object.entries(rest).filter(([key]) => !taken.has(key)))
      if (field.type.kind === 'option' && taken.size === 0) continue
      const exact = this.type(field.type, part, false, true)
      if (exact instanceof Map) for (const [key, item] of exact) entries.set(key, item)
    }
    refuseUnknown(Object.keys(rest), fields, about)
    return entries
  }

  /** The keys among those that are left which belong to a flattened value. */
  #keysOf(type: Type, rest: JsonFields): ReadonlySet<string> {
    const inner = type.kind === 'option' ? type.item : type
    const plan = inner.kind === 'named' ? this.#plan(inner.name) : undefined
    const keys = Object.keys(rest)
    if (plan === undefined) return new Set(keys)
    const ofContents = (contents: Contents): ReadonlySet<string> => {
      if (contents.kind === 'newtype') return this.#keysOf(contents.item, rest)
      if (contents.kind !== 'fields') return new Set()
      const names = contents.fields.flatMap(({ name, aliases, type: own, isFlat }) =>
        isFlat ? [...this.#keysOf(own, rest)] : [name, ...aliases],
      )
      return new Set(names.filter((name) => Object.hasOwn(rest, name)))
    }
    if (plan.kind === 'struct') {
      const own = ofContents(plan.contents)
      return plan.tag === undefined ? own : new Set([plan.tag.name, ...own])
    }
    const { tagging } = plan
    if (plan.variants.some(({ isUntagged }) => isUntagged)) return new Set(keys)
    if (tagging.kind === 'external') return new Set(keys.filter((key) => plan.byName.has(key)).slice(0, 1))
    if (tagging.kind === 'adjacent')
      return new Set(keys.filter((key) => key === tagging.tag || key === tagging.content))
    const variant = plan.byName.get(String(rest[tagging.tag]))
    return new Set([tagging.tag, ...(variant ? ofContents(variant.contents) : [])])
  }

  /** Writes the value of a field; `undefined` if the field is left out. */
  #field({ name, aliases, type, isOptional }: FieldPlan, value: JsonFields): ExactValue | undefined {
    const key = [name, ...aliases].find((one) => value[one] !== undefined)
    if (key === undefined) {
      if (isOptional) return undefined
      if (type.kind !== 'option') throw new Misfit('missing').within(name)
    }
    try {
      return this.type(type, key === undefined ? null : value[key])
    } catch (error) {
      throw error instanceof Misfit ? error.within(name) : error
    }
  }

  /** Writes fields as an array. Only those at the end can be left out. */
  #positions(fields: readonly FieldPlan[], value: JsonFields, about: string): ExactValue[] {
    const names = new Set(fields.flatMap(({ name, aliases }) => [name, ...aliases]))
    refuseUnknown(
      Object.keys(value).filter((key) => !names.has(key)),
      fields,
      about,
    )
    const items = fields.map((field) => this.#field(field, value))
    while (items.length > 0 && items.at(-1) === undefined) items.pop()
    return items.map((item, index) => {
      if (item !== undefined) return item
      const reason = 'missing, and a field after it is given: MessagePack without names has fields by their positions'
      throw new Misfit(reason).within(fields[index]?.name ?? '')
    })
  }

  #items(value: unknown, typeAt: (index: number) => Type, length?: number): ExactValue[] {
    if (!Array.isArray(value)) throw new Misfit(`expected a list, got ${describeValue(value)}`)
    if (length !== undefined && value.length !== length)
      throw new Misfit(`expected a list of ${length}, got one of ${value.length}`)
    return value.map((item, index) => {
      try {
        return this.type(typeAt(index), item)
      } catch (error) {
        throw error instanceof Misfit ? error.within(index) : error
      }
    })
  }

  #map(value: unknown, key: Type, item: Type): ExactValue {
    const pairs: readonly unknown[] = Array.isArray(value)
      ? value
      : isFields(value)
        ? Object.entries(value)
        : [undefined]
    const entries = pairs.map((pair): Entry => {
      if (!Array.isArray(pair) || pair.length !== 2) throw new Misfit(`expected a map, got ${describeValue(value)}`)
      const [name, held] = pair
      try {
        return [this.#key(key, name), this.type(item, held)]
      } catch (error) {
        throw error instanceof Misfit ? error.within(keyStep(String(name))) : error
      }
    })
    return new Map(entries)
  }

  /** Writes the key of a map, which is a text in JSON, whatever its type is. */
  #key(type: Type, name: unknown): ExactValue {
    const isText = typeof name === 'string'
    const value = isText && type.kind === 'bool' ? (name === 'true' ? true : name === 'false' ? false : name) : name
    const exact = this.type(type, value)
    if (this.#format !== 'json' || typeof exact === 'string') return exact
    if (typeof exact === 'number' || typeof exact === 'bigint' || typeof exact === 'boolean') return String(exact)
    throw new Misfit('JSON has only texts as keys of maps')
  }

  #known(name: string, value: unknown): ExactValue {
    const forms = libraryForms(name)
    if (forms === undefined) return exactOf(value)
    const converted = forms.toWire(value)
    if (!converted.ok) throw new Misfit(converted.reason)
    if (forms.isTextInJson && this.#format === 'json') return value as string
    return this.#planned(forms.parts, converted.value, false, false)
  }

  /** Whether structs are arrays. */
  get #isCompact(): boolean {
    return this.#format === 'msgpack-compact'
  }
}

type Attempt = { readonly ok: true; readonly exact: ExactValue } | { readonly ok: false; readonly reason: string }

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (isFields(value) && Object.keys(value).length === 0)

const without = (value: unknown, key: string): unknown =>
  isFields(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) : value

/** Adds the tag before the contents: as the first entry of a map or the first item of an array. */
function withTag([tag, name]: Entry, contents: ExactValue): ExactValue {
  if (contents instanceof Map) return new Map<ExactValue, ExactValue>([[tag, name], ...contents])
  if (Array.isArray(contents)) return [name, ...contents]
  throw new Misfit(`serde cannot add ${String(tag)} to ${describeValue(contents)}`)
}

function refuseUnknown(keys: readonly string[], fields: readonly FieldPlan[], about: string): void {
  const [unknown] = keys
  if (unknown === undefined) return
  const names = fields.filter(({ isFlat }) => !isFlat).map(({ name }) => name)
  throw new Misfit(`unknown field; ${about} has ${names.length === 0 ? 'no fields' : names.join(', ')}`).within(
    keyStep(unknown),
  )
}
