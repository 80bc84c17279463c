import { shortestF32 } from '../bincode/reading/cursor.ts'
import { describeValue, keyStep } from '../json-text.ts'
import type { Primitive, Schema, Type } from '../model.ts'
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
import {
  asFields,
  BITS,
  firstUntagged,
  hasKind,
  isFields,
  isU8,
  type JsonFields,
  listed,
  MAX_STEPS,
  Misfit,
  setField,
} from './value-kinds.ts'

/** The value as serde_json would write it, or why the payload does not have the type. */
export type ReadSerde =
  | {
      readonly ok: true
      readonly value: unknown
      /** The dotted path of nested variants, by their names in Rust; `undefined` if the payload is not an enum. */
      readonly variant: string | undefined
    }
  | {
      readonly ok: false
      readonly reason: string
      /** Path of the part that does not fit, such as `OrderPlaced.items[2].quantity`; empty at the root. */
      readonly path: string
      readonly variant: string | undefined
    }

/** Types may contain themselves without any bytes between, so the depth of the payload does not limit the recursion. */
const MAX_DEPTH = 600

/**
 * Compiles a schema to a function that reads a decoded JSON, CBOR or MessagePack payload. It accepts what serde's derived
 * `Deserialize` accepts: structs as maps or as arrays (which `rmp_serde::to_vec` writes), missing optional fields, aliases, and the
 * text or the binary form of library types. Fields that the type does not have are kept.
 */
export function compileSerdeReader(schema: Schema): (decoded: unknown) => ReadSerde {
  const plan = planner(schema)
  return (decoded) => {
    const reading = new Reading(plan)
    try {
      const value = reading.named(schema.root, decoded, true)
      return { ok: true, value, variant: reading.variant }
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      return { ok: false, reason: error.message, path: error.path, variant: reading.variant }
    }
  }
}

/** Reads one payload. */
class Reading {
  /** The variants from the root. */
  variant: string | undefined
  #steps = 0
  #depth = 0
  readonly #plan: (name: string) => Plan | undefined

  constructor(plan: (name: string) => Plan | undefined) {
    this.#plan = plan
  }

  /** Reads a struct or an enum of the schema. `isRoot`: its variant is one of the root. */
  named(name: string, raw: unknown, isRoot = false): unknown {
    const plan = this.#plan(name)
    if (plan === undefined) throw new Misfit(`the schema has no type ${name}`, true)
    return this.#planned(plan, raw, isRoot)
  }

  type(type: Type, raw: unknown, isRoot = false): unknown {
    this.#steps += 1
    if (this.#steps > MAX_STEPS) throw new Misfit('the payload fits too many variants without names', true)
    switch (type.kind) {
      case 'option':
        return raw === null || raw === undefined ? null : this.type(type.item, raw)
      case 'sequence':
        if (type.name === 'ShortVec') throw new Misfit('crbus knows ShortVec only in bincode', true)
        if (isU8(type.item) && raw instanceof Uint8Array) return raw
        return this.#items(raw, () => type.item)
      case 'array':
        if (isU8(type.item) && raw instanceof Uint8Array && raw.length === type.length) return raw
        return this.#items(raw, () => type.item, type.length)
      case 'tuple':
        return this.#items(raw, (index) => type.items[index] as Type, type.items.length)
      case 'map':
        return this.#map(raw, type.key, type.value)
      case 'result':
        return this.#planned(resultPlan(type.ok, type.error), raw, false)
      case 'known':
        return this.#known(type.name, raw)
      case 'named':
        return this.named(type.name, raw, isRoot)
      default:
        return primitive(type.kind, raw)
    }
  }

  #planned(plan: Plan, raw: unknown, isRoot: boolean): unknown {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new Misfit(`${plan.name} is nested too deeply`, true)
    const value = plan.kind === 'struct' ? this.#struct(plan, raw, isRoot) : this.#enum(plan, raw, isRoot)
    this.#depth -= 1
    return value
  }

  #struct({ tag, contents, name }: StructPlan, raw: unknown, isRoot: boolean): unknown {
    if (tag === undefined) return this.#contents(contents, raw, name, isRoot)
    if (Array.isArray(raw)) return { [tag.name]: raw[0], ...asFields(this.#contents(contents, raw.slice(1), name)) }
    return this.#contents(contents, raw, name)
  }

  #enum(plan: EnumPlan, raw: unknown, isRoot: boolean): unknown {
    const named = plan.tagging.kind === 'external' ? this.#external(plan, raw, isRoot) : this.#tagged(plan, raw, isRoot)
    if (named.ok) return named.value
    const { variant: before } = this
    const depth = this.#depth
    return firstUntagged(plan, raw, named.reason, (variant) => {
      this.variant = before
      this.#depth = depth
      if (isRoot) this.#enter(variant)
      return this.#contents(variant.contents, raw, plan.name, isRoot)
    })
  }

  /** Reads `"Variant"` or `{ "Variant": contents }`. MessagePack and CBOR may contain the number of the variant instead. */
  #external(plan: EnumPlan, raw: unknown, isRoot: boolean): Attempt {
    const fields = isFields(raw) ? raw : undefined
    const [name, ...more] = fields === undefined ? [raw] : Object.keys(fields)
    const isNumber = typeof name === 'number' || (typeof name === 'string' && /^\d{1,9}$/.test(name))
    const variant = plan.byName.get(String(name)) ?? (isNumber ? plan.variants[Number(name)] : undefined)
    if (more.length > 0 || variant === undefined || variant.isUntagged) {
      const names = plan.variants.filter(({ isUntagged }) => !isUntagged)
      const got = more.length > 0 ? 'an object with several keys' : describeValue(fields === undefined ? raw : name)
      return { ok: false, reason: `expected a variant of ${plan.name} (${listed(names)}), got ${got}` }
    }
    if (isRoot) this.#enter(variant)
    if (fields === undefined) {
      if (variant.contents.kind === 'unit') return { ok: true, value: variant.name }
      return { ok: false, reason: `expected the contents of ${variant.name}, got only its name` }
    }
    const key = Object.keys(fields)[0] as string
    const value = this.#inVariant(variant, fields[key], isRoot)
    return { ok: true, value: { [variant.name]: value } }
  }

  /** Reads a variant that a field names. In MessagePack, an array may stand for the fields: the tag first. */
  #tagged(plan: EnumPlan, raw: unknown, isRoot: boolean): Attempt {
    const { tagging } = plan
    if (tagging.kind === 'external') return { ok: false, reason: 'no tag' }
    const { tag } = tagging
    if (plan.byName.size === 0) return { ok: false, reason: `${plan.name} has no variant with a name` }
    const fields = isFields(raw) ? raw : undefined
    const name = fields === undefined ? (Array.isArray(raw) ? raw[0] : undefined) : fields[tag]
    const variant = typeof name === 'string' ? (plan.byName.get(name) ?? plan.other) : undefined
    if (variant === undefined) {
      const got = fields === undefined ? describeValue(raw) : name === undefined ? 'nothing' : describeValue(name)
      return {
        ok: false,
        reason: `expected a variant of ${plan.name} in ${tag} (${listed(plan.variants)}), got ${got}`,
      }
    }
    if (isRoot) this.#enter(variant)
    if (variant === plan.other && !plan.byName.has(name as string)) return { ok: true, value: raw }
    if (tagging.kind === 'adjacent') {
      const contents = fields === undefined ? (raw as readonly unknown[])[1] : fields[tagging.content]
      if (variant.contents.kind === 'unit') return { ok: true, value: { [tag]: variant.name } }
      if (contents === undefined) throw new Misfit(`${tagging.content} is missing`).within(variant.name)
      return { ok: true, value: { [tag]: variant.name, [tagging.content]: this.#inVariant(variant, contents, isRoot) } }
    }
    if (variant.contents.kind === 'unit') return { ok: true, value: fields ?? { [tag]: variant.name } }
    const rest =
      fields === undefined
        ? (raw as readonly unknown[]).slice(1)
        : Object.fromEntries(Object.entries(fields).filter(([key]) => key !== tag))
    return { ok: true, value: { [tag]: variant.name, ...asFields(this.#inVariant(variant, rest, isRoot)) } }
  }

  #inVariant({ name, contents }: VariantPlan, raw: unknown, isRoot: boolean): unknown {
    try {
      return this.#contents(contents, raw, name, isRoot)
    } catch (error) {
      throw error instanceof Misfit ? error.within(name) : error
    }
  }

  #enter({ variant }: VariantPlan): void {
    this.variant = this.variant === undefined ? variant : `${this.variant}.${variant}`
  }

  #contents(contents: Contents, raw: unknown, about: string, isRoot = false): unknown {
    switch (contents.kind) {
      case 'unit':
        // rmp_serde writes a unit struct as an empty array.
        if (raw === null || raw === undefined || (Array.isArray(raw) && raw.length === 0)) return null
        throw new Misfit(`expected null for ${about}, got ${describeValue(raw)}`)
      case 'newtype':
        return this.type(contents.item, raw, isRoot)
      case 'tuple':
        return this.#items(raw, (index) => contents.items[index] as Type, contents.items.length)
      case 'fields':
        if (Array.isArray(raw) && !contents.hasFlat) return this.#positions(contents.fields, raw, about)
        if (!isFields(raw)) throw new Misfit(`expected the fields of ${about}, got ${describeValue(raw)}`)
        return this.#fields(contents.fields, raw)
    }
  }

  /** Reads fields by their names. */
  #fields(fields: readonly FieldPlan[], raw: JsonFields): JsonFields {
    const value: Record<string, unknown> = {}
    const taken = new Set<string>()
    for (const { name, aliases, type, isFlat, isOptional } of fields) {
      if (isFlat) continue
      const key = [name, ...aliases].find((one) => Object.hasOwn(raw, one))
      if (key === undefined) {
        if (type.kind !== 'option' && !isOptional && !isUnit(type)) throw new Misfit('missing').within(name)
        continue
      }
      taken.add(key)
      setField(value, key, this.#inField(name, type, raw[key]))
    }
    const rest: Record<string, unknown> = {}
    for (const key of Object.keys(raw)) if (!taken.has(key)) setField(rest, key, raw[key])
    for (const { type, isFlat } of fields) if (isFlat) this.#flat(type, rest)
    return { ...value, ...rest }
  }

  /** Reads a flattened value among the fields that are left, and replaces its fields by their values. */
  #flat(type: Type, rest: Record<string, unknown>): void {
    const { variant } = this
    const depth = this.#depth
    const inner = type.kind === 'option' ? type.item : type
    try {
      for (const [key, value] of Object.entries(asFields(this.#among(inner, rest)))) setField(rest, key, value)
    } catch (error) {
      // Serde reads a flattened Option as None if its fields are missing.
      if (type.kind !== 'option' || !(error instanceof Misfit) || error.isFinal) throw error
      this.variant = variant
      this.#depth = depth
    }
  }

  /** Reads a flattened value. Only an enum cares for keys that it does not have, so it gets those that name a variant. */
  #among(type: Type, rest: JsonFields): unknown {
    const plan = type.kind === 'named' ? this.#plan(type.name) : undefined
    if (plan?.kind !== 'enum' || plan.tagging.kind !== 'external') return this.type(type, rest)
    const key = Object.keys(rest).find((one) => plan.byName.has(one))
    return this.type(type, key === undefined ? rest : { [key]: rest[key] })
  }

  /** Reads fields by their positions. Serde leaves out none in the middle; those at the end may have defaults. */
  #positions(fields: readonly FieldPlan[], raw: readonly unknown[], about: string): JsonFields {
    if (raw.length > fields.length)
      throw new Misfit(`expected ${fields.length} fields of ${about}, got ${raw.length} values`)
    const value: Record<string, unknown> = {}
    for (const [index, { name, type, isOptional }] of fields.entries()) {
      if (index < raw.length) setField(value, name, this.#inField(name, type, raw[index]))
      else if (!isOptional) throw new Misfit('missing').within(name)
    }
    return value
  }

  #inField(part: string | number, type: Type, raw: unknown): unknown {
    try {
      return this.type(type, raw)
    } catch (error) {
      throw error instanceof Misfit ? error.within(part) : error
    }
  }

  #items(raw: unknown, typeAt: (index: number) => Type, length?: number): unknown[] {
    if (!Array.isArray(raw)) throw new Misfit(`expected a list, got ${describeValue(raw)}`)
    if (length !== undefined && raw.length !== length)
      throw new Misfit(`expected a list of ${length}, got one of ${raw.length}`)
    return raw.map((item, index) => this.#inField(index, typeAt(index), item))
  }

  #map(raw: unknown, key: Type, value: Type): unknown {
    // Keys that are equal as texts make a list of pairs of a map in CBOR and MessagePack.
    if (Array.isArray(raw)) return this.#items(raw, () => ({ kind: 'tuple', items: [key, value] }))
    if (!isFields(raw)) throw new Misfit(`expected a map, got ${describeValue(raw)}`)
    const map: Record<string, unknown> = {}
    for (const [name, item] of Object.entries(raw)) setField(map, name, this.#inField(keyStep(name), value, item))
    return map
  }

  #known(name: string, raw: unknown): unknown {
    const forms = libraryForms(name)
    if (forms === undefined) return raw
    const isText = forms.hasText && typeof raw === 'string'
    const value = isText ? raw : this.#planned(forms.parts, raw, false)
    const converted = isText ? forms.toWire(value) : forms.toText(value)
    if (!converted.ok) throw new Misfit(converted.reason)
    return forms.hasText && !isText ? converted.value : value
  }
}

type Attempt = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

const isUnit = (type: Type): boolean => type.kind === 'unit'

function primitive(kind: Primitive, raw: unknown): unknown {
  // JSON has the shortest digits of an f32, CBOR and MessagePack have all its bits.
  if (kind === 'f32' && typeof raw === 'number' && Number.isFinite(raw) && Math.fround(raw) === raw)
    return shortestF32(raw)
  if (hasKind(kind, raw)) return raw
  const bits = BITS[kind]
  // rmp_serde writes 128 bits as binary.
  if (bits === 128 && raw instanceof Uint8Array && raw.length === 16) {
    const value = BigInt(`0x${Buffer.from(raw).toString('hex')}`)
    const signed = kind === 'i128' ? BigInt.asIntN(128, value) : value
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed
  }
  const expected = kind === 'unit' ? 'null' : kind === 'String' ? 'a string' : kind
  throw new Misfit(`expected ${expected}, got ${raw === undefined ? 'nothing' : describeValue(raw)}`)
}
