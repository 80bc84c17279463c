import { namesLike } from '../../bus/names/names-like.ts'
import { findVariant } from '../bincode/find-variant.ts'
import { shapeOf } from '../bincode/shape.ts'
import { variantsOf, variantTree } from '../bincode/variants.ts'
import { namesIn } from '../inner-types.ts'
import type { Fields, NamedType, Schema } from '../model.ts'
import { unwrapNewtype } from './value-type.ts'

/** An event type with its variant, such as `SeatReserved` of the enum `InventoryAction`. */
export interface EventVariant {
  readonly eventType: string
  readonly enum: string
  readonly variant: string
}

/** The part of a schema to show. */
export interface Selection {
  readonly topic: string
  /** The name of the schema's root, or of the selected type. A key of `types`. */
  readonly root: string
  /** Whether `root` is the type of whole payloads. */
  readonly isPayload: boolean
  /** The root, then all types that it refers to, in the order of their first use. */
  readonly types: ReadonlyMap<string, NamedType>
  readonly events: readonly EventVariant[]
  /** Enums reduced to the selected variant, by name, with the number of variants that they have in the schema. */
  readonly narrowed: ReadonlyMap<string, number>
  /** The names of the variants before the selected one in these enums, whose number they determine. */
  readonly before: ReadonlyMap<string, readonly string[]>
}

export type Selected =
  | { readonly ok: true; readonly selection: Selection }
  | { readonly ok: false; readonly reason: string }

/**
 * Selects the part of a schema for a name: a type, or a variant by its path or event type, with all types that it refers to.
 * Without a name, selects the whole schema.
 */
export function selectTypes(schema: Schema, name?: string): Selected {
  if (name === undefined) return selected(schema, schema.root)
  const type = typeNamed(schema, name)
  if (typeof type === 'string') return selected(schema, type)
  const path = findVariantPath(schema, name)
  if (path.ok) {
    const steps = stepsOf(schema, path.path)
    return selected({ ...schema, types: narrowedTypes(schema, steps) }, schema.root, schema)
  }
  if (type !== undefined) return { ok: false, reason: `${name} is ambiguous: write ${type.join(' or ')}` }
  return path
}

/**
 * Finds the type for a name, which may lack the module and the type arguments: `Page` is `Page<LineItem>` if there is only one.
 * Returns all candidates if there are several, and `undefined` if there are none.
 */
function typeNamed({ types }: Schema, name: string): string | readonly string[] | undefined {
  if (types.has(name)) return name
  const plain = (full: string): string => full.replace(/<.*$/, '')
  const last = (full: string): string => plain(full).replace(/^.*::/, '')
  const matches = [...types.keys()].filter((full) => plain(full) === name || last(full) === name)
  return matches.length > 1 ? matches : matches[0]
}

export type FoundPath = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }

/** Finds the path of the variant that an event type or a path names, by the same rules as the encoder. */
export function findVariantPath(schema: Schema, name: string): FoundPath {
  const known = schema.events.get(name)
  if (known !== undefined) return { ok: true, path: known }
  const tree = variantTree(shapeOf(schema))
  const variant = tree === undefined ? undefined : findVariant(schema, tree, name)
  if (variant?.kind === 'one') return { ok: true, path: variant.variant.path }
  if (variant?.kind === 'several') return { ok: false, reason: variant.reason }
  if (schema.types.has(name)) {
    const [example] = schema.events.keys()
    const suggestion = example === undefined ? '' : `, such as ${example}`
    return { ok: false, reason: `${name} is a type, not an event: name an event type or a variant${suggestion}` }
  }
  const paths = tree === undefined ? [] : [...variantsOf(tree)].map(({ path }) => path)
  const [similar] = namesLike(name, new Set([...schema.events.keys(), ...schema.types.keys(), ...paths]))
  const suggestion = similar === undefined ? '' : `: did you mean ${similar}?`
  return { ok: false, reason: `the schema has no type, variant or event type ${JSON.stringify(name)}${suggestion}` }
}

/** Returns the paths of all variants that do not wrap another enum; with `under`, only the paths at or below it. */
export function leafPaths(schema: Schema, under?: string): string[] {
  const tree = variantTree(shapeOf(schema))
  if (tree === undefined) return []
  const leaves = [...variantsOf(tree)].filter(({ inner }) => inner === undefined).map(({ path }) => path)
  return under === undefined ? leaves : leaves.filter((path) => path === under || path.startsWith(`${under}.`))
}

/** Returns the enum and the variant at each step of a path, up to the first unknown step. */
export function stepsOf({ root, types }: Schema, path: string): { enum: string; variant: string }[] {
  const steps: { enum: string; variant: string }[] = []
  let at: string | undefined = root
  for (const variant of path.split('.')) {
    const type = at === undefined ? undefined : unwrapNewtype(types, { kind: 'named', name: at })
    if (type?.kind !== 'named') return steps
    steps.push({ enum: type.name, variant })
    const fields = variantOf(types, type.name, variant)
    const [item] = fields?.kind === 'tuple' ? fields.items : []
    at = item?.kind === 'named' ? item.name : undefined
  }
  return steps
}

function variantOf(types: Schema['types'], name: string, variant: string): Fields | undefined {
  const type = types.get(name)
  return type?.kind === 'enum' ? type.variants.find((one) => one.name === variant)?.fields : undefined
}

/** Reduces each enum on a path to its variant on the path, unless the contents of the last variant refer to that enum. */
function narrowedTypes(schema: Schema, steps: readonly { enum: string; variant: string }[]): Schema['types'] {
  const { types } = schema
  const last = steps.at(-1)
  const fields = last && variantOf(types, last.enum, last.variant)
  const inside = new Set(fields === undefined ? [] : reached(types, namesOf(fields)))
  const narrowed = new Map(types)
  for (const step of steps) {
    const type = types.get(step.enum)
    if (type?.kind !== 'enum' || inside.has(step.enum)) continue
    narrowed.set(step.enum, { ...type, variants: type.variants.filter(({ name }) => name === step.variant) })
  }
  return narrowed
}

/** Selects a type with all types that it refers to. `whole` is the schema before enums were reduced. */
function selected(schema: Schema, root: string, whole = schema): Selected {
  const types = new Map<string, NamedType>()
  const narrowed = new Map<string, number>()
  const before = new Map<string, readonly string[]>()
  for (const name of reached(schema.types, [root])) {
    const type = schema.types.get(name)
    const complete = whole.types.get(name)
    if (type === undefined) continue
    types.set(name, type)
    if (complete?.kind !== 'enum' || type.kind !== 'enum' || complete === type) continue
    const names = complete.variants.map((variant) => variant.name)
    narrowed.set(name, names.length)
    before.set(name, names.slice(0, names.indexOf(type.variants[0]?.name ?? '')))
  }
  const events = [...whole.events].flatMap(([eventType, path]): EventVariant[] => {
    const last = stepsOf(whole, path).at(-1)
    return last && variantOf(types, last.enum, last.variant) ? [{ eventType, ...last }] : []
  })
  const isPayload = root === whole.root
  return { ok: true, selection: { topic: schema.topic, root, isPayload, types, events, narrowed, before } }
}

/** Returns the given names and the names of all types that they refer to. */
function reached(types: Schema['types'], from: readonly string[]): string[] {
  const found = new Set(from)
  // Iterating a set includes the names added meanwhile.
  for (const name of found) {
    const type = types.get(name)
    const contents = type?.kind === 'struct' ? [type.fields] : (type?.variants ?? []).map(({ fields }) => fields)
    for (const inner of contents.flatMap(namesOf)) found.add(inner)
  }
  return [...found]
}

function namesOf(fields: Fields): string[] {
  if (fields.kind === 'unit') return []
  return (fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)).flatMap(namesIn)
}
