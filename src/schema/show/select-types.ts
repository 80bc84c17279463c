import { namesLike } from '../../bus/names/names-like.ts'
import { shapeOf } from '../bincode/shape.ts'
import { variantNamed } from '../bincode/variant-named.ts'
import { variantsOf, variantTree } from '../bincode/variants.ts'
import { namesIn } from '../inner-types.ts'
import type { Fields, NamedType, Schema } from '../model.ts'
import { held } from './value-type.ts'

/** An event type and the variant it is, `SeatReserved` of `InventoryAction`. */
export interface EventPlace {
  readonly eventType: string
  readonly enum: string
  readonly variant: string
}

/** The part of a schema that somebody asked to see. */
export interface Selection {
  readonly topic: string
  /** What the payload is, or the type asked for. A key of `types`. */
  readonly root: string
  readonly isPayload: boolean
  /** The root first, then what it is made of in the order met. */
  readonly types: ReadonlyMap<string, NamedType>
  readonly events: readonly EventPlace[]
  /** Enums of which only the variant asked for is here, and how many it has. */
  readonly narrowed: ReadonlyMap<string, number>
}

export type Selected =
  | { readonly ok: true; readonly selection: Selection }
  | { readonly ok: false; readonly reason: string }

/** All of a schema, or one type of it by name, or one variant by its path or event type; with all that each holds. */
export function selectTypes(schema: Schema, name?: string): Selected {
  if (name === undefined) return selected(schema, schema.root)
  const type = typeNamed(schema, name)
  if (typeof type === 'string') return selected(schema, type)
  const path = pathNamed(schema, name)
  if (path.ok) {
    const steps = stepsOf(schema, path.path)
    return selected({ ...schema, types: narrowedTypes(schema, steps) }, schema.root, schema)
  }
  if (type !== undefined) return { ok: false, reason: `${name} may be ${type.join(' or ')}: write which` }
  return path
}

/** One name, several that it may stand for, or none: `Page` is `Page<LineItem>` while there is no other. */
function typeNamed({ types }: Schema, name: string): string | readonly string[] | undefined {
  if (types.has(name)) return name
  const plain = (full: string): string => full.replace(/<.*$/, '')
  const last = (full: string): string => plain(full).replace(/^.*::/, '')
  const meant = [...types.keys()].filter((full) => plain(full) === name || last(full) === name)
  return meant.length > 1 ? meant : meant[0]
}

export type FoundPath = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }

/** The path of variants that an event type or a path names, as the encoder understands it. */
export function pathNamed(schema: Schema, name: string): FoundPath {
  const known = schema.events.get(name)
  if (known !== undefined) return { ok: true, path: known }
  const tree = variantTree(shapeOf(schema))
  const variant = tree === undefined ? undefined : variantNamed(schema, tree, name)
  if (variant?.kind === 'one') return { ok: true, path: variant.variant.path }
  if (variant?.kind === 'several') return { ok: false, reason: variant.reason }
  const paths = tree === undefined ? [] : [...variantsOf(tree)].map(({ path }) => path)
  const [near] = namesLike(name, new Set([...schema.events.keys(), ...schema.types.keys(), ...paths]))
  const meant = near === undefined ? '' : `: did you mean ${near}?`
  return { ok: false, reason: `the schema has no type, variant or event type ${JSON.stringify(name)}${meant}` }
}

/** The paths of all variants that hold no further enum, or of those within the variant at `under`. */
export function leafPaths(schema: Schema, under?: string): string[] {
  const tree = variantTree(shapeOf(schema))
  if (tree === undefined) return []
  const leaves = [...variantsOf(tree)].filter(({ inner }) => inner === undefined).map(({ path }) => path)
  return under === undefined ? leaves : leaves.filter((path) => path === under || path.startsWith(`${under}.`))
}

/** The enum and the variant at each step of a path. */
export function stepsOf({ root, types }: Schema, path: string): { enum: string; variant: string }[] {
  const steps: { enum: string; variant: string }[] = []
  let at: string | undefined = root
  for (const variant of path.split('.')) {
    const type = at === undefined ? undefined : held(types, { kind: 'named', name: at })
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

/** The enums on the way with one variant each, unless what the variant holds has them in it again. */
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

function selected(schema: Schema, root: string, whole = schema): Selected {
  const types = new Map<string, NamedType>()
  const narrowed = new Map<string, number>()
  for (const name of reached(schema.types, [root])) {
    const type = schema.types.get(name)
    const before = whole.types.get(name)
    if (type === undefined) continue
    types.set(name, type)
    if (before?.kind === 'enum' && before !== type) narrowed.set(name, before.variants.length)
  }
  const events = [...whole.events].flatMap(([eventType, path]): EventPlace[] => {
    const last = stepsOf(whole, path).at(-1)
    return last && variantOf(types, last.enum, last.variant) ? [{ eventType, ...last }] : []
  })
  const isPayload = root === whole.root
  return { ok: true, selection: { topic: schema.topic, root, isPayload, types, events, narrowed } }
}

/** These names, and those of all that they are made of. */
function reached(types: Schema['types'], from: readonly string[]): string[] {
  const found = new Set(from)
  // A set is walked on while it grows.
  for (const name of found) {
    const type = types.get(name)
    const held = type?.kind === 'struct' ? [type.fields] : (type?.variants ?? []).map(({ fields }) => fields)
    for (const inner of held.flatMap(namesOf)) found.add(inner)
  }
  return [...found]
}

function namesOf(fields: Fields): string[] {
  if (fields.kind === 'unit') return []
  return (fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)).flatMap(namesIn)
}
