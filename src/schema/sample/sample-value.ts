import type { Faker } from '@faker-js/faker'
import { timeUnitOf } from '../known-types.ts'
import type { Schema } from '../model.ts'
import { stepsOf } from '../show/select-types.ts'
import { type ValueType, type ValueTypes, valueTypesOf } from '../show/value-type.ts'
import { agreeing } from './agreement.ts'
import { makeKnown } from './known.ts'
import { sampleFloat, sampleInteger } from './number.ts'
import { type Place, sampleText, snakeCase } from './text.ts'

type Sampled = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

export interface Sampler {
  /**
   * A random value of the payload, as the decoder gives it: of one variant, by its path, or of any. Names of fields
   * and types say what it may be; `at` is when the event happens, in milliseconds.
   */
  readonly sample: (options: { readonly faker: Faker; readonly at: number; readonly path?: string }) => Sampled
}

/** A type inside itself so often ends there, if it can. */
const mostWithin = 2
/** Values of one event: beyond so many, whatever can be empty is. */
const mostValues = 2000
/** Beyond so many items or bytes, an array is too large to make up. */
const mostItems = 100_000

/** Thrown and caught in this file only. */
class TooLarge extends Error {}

const safe = BigInt(Number.MAX_SAFE_INTEGER)

interface State {
  readonly faker: Faker
  readonly at: number
  /** How often each of the schema's types is around what is being made. */
  readonly within: Map<string, number>
  made: number
}

interface Here {
  readonly names: readonly string[]
  readonly owner: string
}

export function sampler(schema: Schema): Sampler {
  const values = valueTypesOf(schema.types)
  const heights = heightsOf(schema, values)
  const make = maker(values, heights)
  return {
    sample: ({ faker, at, path }) => {
      const state: State = { faker, at, within: new Map(), made: 0 }
      const steps = path === undefined ? [] : stepsOf(schema, path)
      const last = steps.at(-1)
      try {
        if (last === undefined) return whole(make, heights, state, { kind: 'ref', name: schema.root }, schema.root)
        const type = values.ofName(last.enum)
        const variant = type.kind === 'variants' ? type.variants.find(({ name }) => name === last.variant) : undefined
        if (variant === undefined) return { ok: false, reason: `${schema.root} has no variant ${path}` }
        if (variant.value === undefined) return { ok: true, value: around(steps.slice(0, -1), last.variant) }
        const sampled = whole(make, heights, state, variant.value, last.variant)
        return sampled.ok ? { ok: true, value: around(steps, sampled.value) } : sampled
      } catch (error) {
        if (error instanceof TooLarge) return { ok: false, reason: error.message }
        throw error
      }
    },
  }
}

const around = (steps: readonly { readonly variant: string }[], value: unknown): unknown =>
  steps.reduceRight((inner, { variant }) => Object.fromEntries([[variant, inner]]), value)

type Make = (state: State, value: ValueType, here: Here) => unknown

function whole(make: Make, heights: Heights, state: State, value: ValueType, name: string): Sampled {
  const why = heights.whyNone(value, name)
  if (why !== undefined) return { ok: false, reason: why }
  const own = snakeCase(name)
  return { ok: true, value: make(state, value, { names: value.kind === 'object' ? [] : [own], owner: own }) }
}

function maker(values: ValueTypes, heights: Heights): Make {
  const make: Make = (state, value, here) => {
    state.made += 1
    const { faker } = state
    const place: Place = { ...here, at: state.at }
    const known = value.known === undefined ? undefined : makeKnown(value.known)
    if (known !== undefined) return known(faker, place)
    switch (value.kind) {
      case 'null':
        return null
      case 'bool':
        return faker.datatype.boolean()
      case 'char':
        return faker.string.alpha({ length: 1, casing: 'upper' })
      case 'float':
        return sampleFloat(faker, place)
      case 'integer': {
        const least = value.isNonZero && value.least === 0n ? 1n : value.least
        const unit = value.known === undefined ? undefined : timeUnitOf(value.known)
        const integer = sampleInteger(faker, place, least, value.most, unit)
        return jsonInteger(value.isNonZero && integer === 0n ? 1n : integer)
      }
      case 'text':
        return sampleText(faker, place)
      case 'bytes':
        return bytes(faker, value.length)
      case 'option':
      case 'some': {
        const isLeft = isOver(state, value.item) || heights.of(value.item) === Infinity || faker.number.int(9) < 2
        if (isLeft) return null
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
        throw new TooLarge(value.why)
    }
  }

  const object = (state: State, { fields }: ValueType & { kind: 'object' }, here: Here): object => {
    const made = Object.fromEntries(
      fields.map(({ name, value }) => [name, make(state, value, { ...here, names: [snakeCase(name)] })]),
    )
    return agreeing(made, (field) => {
      let type = fields.find(({ name }) => name === field)?.value
      while (type?.kind === 'ref') type = values.ofName(type.name)
      return type?.kind === 'integer' ? type.most : safe
    })
  }

  const named = (state: State, name: string, here: Here): unknown => {
    const depth = state.within.get(name) ?? 0
    state.within.set(name, depth + 1)
    const type = values.ofName(name)
    const own = snakeCase(name.replace(/<.*$/, '').replace(/^.*::/, ''))
    const isNewtype = type.kind !== 'object' && type.kind !== 'variants'
    const value = make(
      state,
      type,
      isNewtype ? { ...here, names: [...here.names, own] } : { names: here.names, owner: own },
    )
    state.within.set(name, depth)
    return value
  }

  const isOver = (state: State, value: ValueType): boolean =>
    state.made > mostValues || (value.kind === 'ref' && (state.within.get(value.name) ?? 0) >= mostWithin)

  const list = (state: State, value: ValueType & { kind: 'list' }, here: Here): unknown[] => {
    const { length, item, name } = value
    if (length !== undefined && length > mostItems) throw new TooLarge(`an array of ${length} is too large to make up`)
    const isNone = heights.of(item) === Infinity || isOver(state, item)
    const count = length ?? (isNone ? 0 : state.faker.number.int({ min: 1, max: 3 }))
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

  const map = (state: State, value: ValueType & { kind: 'record' | 'pairs' }, here: Here): unknown => {
    const isNone = [value.key, value.value].some((part) => heights.of(part) === Infinity || isOver(state, part))
    const names = here.names.map(singular)
    const count = isNone ? 0 : state.faker.number.int({ min: 1, max: 3 })
    const pairs = Array.from({ length: count }, (): [unknown, unknown] => {
      const key = make(state, value.key, { ...here, names: keyNames(names) })
      return [key, make(state, value.value, { ...here, names })]
    })
    const sorted = sortedAs(
      value.name,
      unique(pairs, ([key]) => key),
      ([key]) => key,
    )
    return value.kind === 'pairs' ? sorted : Object.fromEntries(sorted.map(([key, held]) => [`${key}`, held]))
  }

  const variant = (state: State, value: ValueType & { kind: 'variants' }, here: Here): unknown => {
    const costs = value.variants.map((one) => (one.value === undefined ? 0 : heights.of(one.value)))
    const least = Math.min(...costs)
    const isEnding = state.made > mostValues || [...state.within.values()].some((count) => count > mostWithin)
    const possible = value.variants.filter((_, index) => {
      const cost = costs[index] as number
      return isEnding ? cost === least : cost < Infinity
    })
    const [ok, ...others] = possible
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

/** A map by what is called like it: `price_by_sku` has a sku for its key. */
const keyNames = (names: readonly string[]): string[] =>
  names.flatMap((name) => /_(?:by|per)_(.+)$/.exec(name)?.[1] ?? [])

/** `product_ids` → `product_id`. */
const singular = (name: string): string =>
  name
    .replace(/ies$/, 'y')
    .replace(/(address|status|alias)(?:es)?$/, '$1')
    .replace(/([^s])s$/, (whole, letter) => (/(?:address|status|alias)$/.test(name) ? whole : letter))

function bytes(faker: Faker, length = faker.number.int({ min: 8, max: 24 })): string {
  if (length > mostItems) throw new TooLarge(`an array of ${length} bytes is too large to make up`)
  return Buffer.from(Array.from({ length }, () => faker.number.int(255))).toString('base64')
}

const jsonInteger = (integer: bigint): number | string => {
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : `${integer}`
}

function unique<T>(items: readonly T[], keyOf: (item: T) => unknown): T[] {
  const seen = new Set<string>()
  return items.filter((item) => seen.size < seen.add(JSON.stringify(keyOf(item))).size)
}

/** As Rust would write it, as far as the keys are numbers or texts. */
function sortedAs<T>(name: string, items: readonly T[], keyOf: (item: T) => unknown): T[] {
  if (!name.startsWith('BTree')) return [...items]
  return items.toSorted((one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)]
    if (typeof a === 'number' && typeof b === 'number') return a - b
    return typeof a === 'string' && typeof b === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : 0
  })
}

interface Heights {
  /** How many of the schema's types a value of it has inside each other at the least; `Infinity`: there is none. */
  readonly of: (value: ValueType) => number
  /** Why there is no value of it, and where. */
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
  // Each round knows the types of one more step.
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
        return `${path} cannot be made up: ${value.why}`
      case 'list':
        return whyNone(value.item, `${path}[0]`, seen)
      case 'tuple':
        return first(value.items.map((item, index) => whyNone(item, `${path}[${index}]`, seen)))
      case 'object':
        return first(value.fields.map((field) => whyNone(field.value, `${path}.${field.name}`, seen)))
      case 'variants':
        if (value.variants.length === 0) return `${path} cannot be made up: the enum has no variants`
        return first(value.variants.map((one) => one.value && whyNone(one.value, `${path}.${one.name}`, seen)))
      case 'ref':
        if (seen.includes(value.name)) return `${path} cannot be made up: ${value.name} always holds itself`
        return whyNone(values.ofName(value.name), path, [...seen, value.name])
      default:
        return undefined
    }
  }
  return { of, whyNone }
}

const first = (reasons: readonly (string | undefined)[]): string | undefined =>
  reasons.find((reason) => reason !== undefined)
