import type { Faker } from '@faker-js/faker'
import { timeUnitOf } from '../library-types.ts'
import type { Schema } from '../model.ts'
import { stepsOf } from '../show/select-types.ts'
import { type ValueType, type ValueTypes, valueTypesOf } from '../show/value-type.ts'
import { type FieldContext, type FieldNames, snakeCase } from './field-names.ts'
import { libraryValueMaker } from './library-values.ts'
import { withRelatedFields } from './related-fields.ts'
import { sampleFloat, sampleInteger } from './sample-number.ts'
import { sampleText } from './sample-text.ts'

/** A sample, or why there is none. */
type Sampled = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

export interface Sampler {
  /**
   * Makes a random payload in the form that the decoder returns: of the variant at `path`, or of any variant. The values are
   * plausible for the names of their fields and types. `at` is the time of the event, in milliseconds since 1970.
   */
  readonly sample: (options: { readonly faker: Faker; readonly at: number; readonly path?: string }) => Sampled
}

/** How often a type may contain itself. Below that, a sample ends the recursion with None or an empty list, if it can. */
const MAX_RECURSION = 2
/** After this many values in one event, each list is empty and each Option is None. */
const MAX_VALUES = 2000
/** Limit for the items or bytes of an array in a sample. A longer array has no sample. */
const MAX_ARRAY_ITEMS = 100_000

/** Thrown if a type has no sample. The sampler catches it and returns the reason. */
class NoSample extends Error {}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** The state of making one sample. */
interface State {
  readonly faker: Faker
  readonly at: number
  /** How often each of the schema's types encloses the current value. */
  readonly nesting: Map<string, number>
  /** How many values the sample has so far. */
  valueCount: number
}

/** Creates a sampler for the payloads of a schema. */
export function sampler(schema: Schema): Sampler {
  const values = valueTypesOf(schema.types)
  const heights = heightsOf(schema, values)
  const make = maker(values, heights)
  return {
    sample: ({ faker, at, path }) => {
      const state: State = { faker, at, nesting: new Map(), valueCount: 0 }
      const steps = path === undefined ? [] : stepsOf(schema, path)
      const last = steps.at(-1)
      try {
        if (last === undefined) return sampleRoot(make, heights, state, { kind: 'ref', name: schema.root }, schema.root)
        const type = values.ofName(last.enum)
        const variant = type.kind === 'variants' ? type.variants.find(({ name }) => name === last.variant) : undefined
        if (variant === undefined) return { ok: false, reason: `${schema.root} has no variant ${path}` }
        if (variant.value === undefined) return { ok: true, value: wrapInVariants(steps.slice(0, -1), last.variant) }
        const sampled = sampleRoot(make, heights, state, variant.value, last.variant)
        return sampled.ok ? { ok: true, value: wrapInVariants(steps, sampled.value) } : sampled
      } catch (error) {
        if (error instanceof NoSample) return { ok: false, reason: error.message }
        throw error
      }
    },
  }
}

/** Wraps the contents of a variant in the variant names on its path. */
const wrapInVariants = (steps: readonly { readonly variant: string }[], value: unknown): unknown =>
  steps.reduceRight((inner, { variant }) => Object.fromEntries([[variant, inner]]), value)

type Make = (state: State, value: ValueType, here: FieldNames) => unknown

/** Makes the outermost value of a sample, unless its type has no values. */
function sampleRoot(make: Make, heights: Heights, state: State, value: ValueType, name: string): Sampled {
  const reason = heights.whyNone(value, name)
  if (reason !== undefined) return { ok: false, reason }
  const own = snakeCase(name)
  return { ok: true, value: make(state, value, { names: value.kind === 'object' ? [] : [own], owner: own }) }
}

function maker(values: ValueTypes, heights: Heights): Make {
  const make: Make = (state, value, here) => {
    state.valueCount += 1
    const { faker } = state
    const context: FieldContext = { ...here, at: state.at }
    const known = value.known === undefined ? undefined : libraryValueMaker(value.known)
    if (known !== undefined) return known(faker, context)
    switch (value.kind) {
      case 'null':
        return null
      case 'bool':
        return faker.datatype.boolean()
      case 'char':
        return faker.string.alpha({ length: 1, casing: 'upper' })
      case 'float':
        return sampleFloat(faker, context)
      case 'integer': {
        const min = value.isNonZero && value.min === 0n ? 1n : value.min
        const unit = value.known === undefined ? undefined : timeUnitOf(value.known)
        const integer = sampleInteger(faker, context, min, value.max, unit)
        return jsonInteger(value.isNonZero && integer === 0n ? 1n : integer)
      }
      case 'text':
        return sampleText(faker, context)
      case 'bytes':
        return bytes(faker, value.length)
      case 'option':
      case 'some': {
        const isNone = mustBeEmpty(state, value.item) || heights.of(value.item) === Infinity || faker.number.int(9) < 2
        if (isNone) return null
        const item = make(state, value.item, here)
        return value.kind === 'some' ? { Some: item } : item
      }
      case 'list':
        return list(state, value, here)
      case 'tuple':
        return value.items.map((item) => make(state, item, here))
      case 'object':
        return object(state, value, here)
      case 'record':
      case 'pairs':
        return map(state, value, here)
      case 'variants':
        return variant(state, value, here)
      case 'ref':
        return named(state, value.name, here)
      case 'never':
        throw new NoSample(value.why)
    }
  }

  const object = (state: State, { fields }: ValueType & { kind: 'object' }, here: FieldNames): object => {
    const made = Object.fromEntries(
      fields.map(({ name, value }) => [name, make(state, value, { ...here, names: [snakeCase(name)] })]),
    )
    return withRelatedFields(made, (field) => {
      let type = fields.find(({ name }) => name === field)?.value
      while (type?.kind === 'ref') type = values.ofName(type.name)
      return type?.kind === 'integer' ? type.max : MAX_SAFE
    })
  }

  const named = (state: State, name: string, here: FieldNames): unknown => {
    const depth = state.nesting.get(name) ?? 0
    state.nesting.set(name, depth + 1)
    const type = values.ofName(name)
    const own = snakeCase(name.replace(/<.*$/, '').replace(/^.*::/, ''))
    const isNewtype = type.kind !== 'object' && type.kind !== 'variants'
    const value = make(
      state,
      type,
      isNewtype ? { ...here, names: [...here.names, own] } : { names: here.names, owner: own },
    )
    state.nesting.set(name, depth)
    return value
  }

  /** Whether an Option or a list of this type must be empty, to keep the sample small. */
  const mustBeEmpty = (state: State, value: ValueType): boolean =>
    state.valueCount > MAX_VALUES || (value.kind === 'ref' && (state.nesting.get(value.name) ?? 0) >= MAX_RECURSION)

  const list = (state: State, value: ValueType & { kind: 'list' }, here: FieldNames): unknown[] => {
    const { length, item, name } = value
    if (length !== undefined && length > MAX_ARRAY_ITEMS)
      throw new NoSample(`an array of ${length} items is too large for a sample`)
    const isEmpty = heights.of(item) === Infinity || mustBeEmpty(state, item)
    const count = length ?? (isEmpty ? 0 : state.faker.number.int({ min: 1, max: 3 }))
    const inner = { ...here, names: here.names.map(singular) }
    const items = Array.from({ length: count }, () => make(state, item, inner))
    if (/Set$/.test(name))
      return sortedAs(
        name,
        unique(items, (one) => one),
        (one) => one,
      )
    return items
  }

  const map = (state: State, value: ValueType & { kind: 'record' | 'pairs' }, here: FieldNames): unknown => {
    const isEmpty = [value.key, value.value].some((part) => heights.of(part) === Infinity || mustBeEmpty(state, part))
    const names = here.names.map(singular)
    const count = isEmpty ? 0 : state.faker.number.int({ min: 1, max: 3 })
    const pairs = Array.from({ length: count }, (): [unknown, unknown] => {
      const key = make(state, value.key, { ...here, names: keyNames(names) })
      return [key, make(state, value.value, { ...here, names })]
    })
    const sorted = sortedAs(
      value.name,
      unique(pairs, ([key]) => key),
      ([key]) => key,
    )
    return value.kind === 'pairs' ? sorted : Object.fromEntries(sorted.map(([key, item]) => [`${key}`, item]))
  }

  const variant = (state: State, value: ValueType & { kind: 'variants' }, here: FieldNames): unknown => {
    const variantHeights = value.variants.map((one) => (one.value === undefined ? 0 : heights.of(one.value)))
    const min = Math.min(...variantHeights)
    // A large sample, or one inside a recursive type, must choose a variant that ends the recursion soonest.
    const mustEnd = state.valueCount > MAX_VALUES || [...state.nesting.values()].some((count) => count > MAX_RECURSION)
    const possible = value.variants.filter((_, index) => {
      const height = variantHeights[index] as number
      return mustEnd ? height === min : height < Infinity
    })
    const [ok, ...others] = possible
    // Nine of ten Results are Ok, as in real data.
    const isResult = ok?.name === 'Ok' && others[0]?.name === 'Err'
    const chosen = isResult && state.faker.number.int(9) > 0 ? ok : state.faker.helpers.arrayElement(possible)
    if (chosen.value === undefined) return chosen.name
    const isFields = chosen.value.kind === 'object'
    const inner = isFields
      ? { names: [], owner: snakeCase(chosen.name) }
      : { ...here, names: [...here.names, snakeCase(chosen.name)] }
    return Object.fromEntries([[chosen.name, make(state, chosen.value, inner)]])
  }

  return make
}

/** Returns the names for the keys of a map: a key of `price_by_sku` is a `sku`. */
const keyNames = (names: readonly string[]): string[] =>
  names.flatMap((name) => /_(?:by|per)_(.+)$/.exec(name)?.[1] ?? [])

/** Returns the singular of a name: `product_ids` → `product_id`. */
const singular = (name: string): string =>
  name
    .replace(/ies$/, 'y')
    .replace(/(address|status|alias)(?:es)?$/, '$1')
    .replace(/([^s])s$/, (whole, letter) => (/(?:address|status|alias)$/.test(name) ? whole : letter))

function bytes(faker: Faker, length = faker.number.int({ min: 8, max: 24 })): string {
  if (length > MAX_ARRAY_ITEMS) throw new NoSample(`an array of ${length} bytes is too large for a sample`)
  return Buffer.from(Array.from({ length }, () => faker.number.int(255))).toString('base64')
}

/** Writes an integer as the decoder does: a string of digits beyond 2^53. */
const jsonInteger = (integer: bigint): number | string => {
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : `${integer}`
}

/** Leaves out items whose key an earlier item has. */
function unique<T>(items: readonly T[], keyOf: (item: T) => unknown): T[] {
  const seen = new Set<string>()
  return items.filter((item) => seen.size < seen.add(JSON.stringify(keyOf(item))).size)
}

/** Sorts the items of a BTreeMap or BTreeSet as Rust does, if their keys are numbers or strings. `name` is the collection. */
function sortedAs<T>(name: string, items: readonly T[], keyOf: (item: T) => unknown): T[] {
  if (!name.startsWith('BTree')) return [...items]
  return items.toSorted((one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)]
    if (typeof a === 'number' && typeof b === 'number') return a - b
    return typeof a === 'string' && typeof b === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : 0
  })
}

/** How deeply the values of a type are nested at least. */
interface Heights {
  /** The fewest levels of the schema's own types in a value of the type; `Infinity` for a type without values. */
  readonly of: (value: ValueType) => number
  /** Returns why a type has no values, with the path of the part without values; `undefined` if it has values. */
  readonly whyNone: (value: ValueType, path: string) => string | undefined
}

function heightsOf({ types }: Schema, values: ValueTypes): Heights {
  const known = new Map<string, number>()
  const of = (value: ValueType): number => {
    switch (value.kind) {
      case 'never':
        return Infinity
      case 'list':
        return value.length === undefined || value.length === 0 ? 0 : of(value.item)
      case 'tuple':
        return Math.max(0, ...value.items.map(of))
      case 'object':
        return Math.max(0, ...value.fields.map((field) => of(field.value)))
      case 'variants':
        return Math.min(Infinity, ...value.variants.map((one) => (one.value === undefined ? 0 : of(one.value))))
      case 'ref':
        return (known.get(value.name) ?? Infinity) + 1
      default:
        return 0
    }
  }
  // Each round finds the types that are one level higher than those of the round before.
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false
    for (const name of types.keys()) {
      const height = of(values.ofName(name))
      if (height < (known.get(name) ?? Infinity)) {
        known.set(name, height)
        hasChanged = true
      }
    }
  }
  const whyNone = (value: ValueType, path: string, seen: readonly string[] = []): string | undefined => {
    if (of(value) < Infinity) return undefined
    switch (value.kind) {
      case 'never':
        return `${path} has no sample: ${value.why}`
      case 'list':
        return whyNone(value.item, `${path}[0]`, seen)
      case 'tuple':
        return first(value.items.map((item, index) => whyNone(item, `${path}[${index}]`, seen)))
      case 'object':
        return first(value.fields.map((field) => whyNone(field.value, `${path}.${field.name}`, seen)))
      case 'variants':
        if (value.variants.length === 0) return `${path} has no sample: the enum has no variants`
        return first(value.variants.map((one) => one.value && whyNone(one.value, `${path}.${one.name}`, seen)))
      case 'ref':
        if (seen.includes(value.name)) return `${path} has no sample: ${value.name} always contains itself`
        return whyNone(values.ofName(value.name), path, [...seen, value.name])
      default:
        return undefined
    }
  }
  return { of, whyNone }
}

const first = (reasons: readonly (string | undefined)[]): string | undefined =>
  reasons.find((reason) => reason !== undefined)
