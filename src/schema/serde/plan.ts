import { declaredBody, type Fields, type NamedType, type Schema, type SerdeForm, type Type } from '../model.ts'

/** A struct or an enum, prepared for reading and writing in formats that contain names. */
export type Plan = StructPlan | EnumPlan

/** The fields of a struct or of a variant, by their names in the formats. */
export interface StructPlan {
  readonly kind: 'struct'
  readonly name: string
  /** The field and its value that begin the struct: `serde(tag)`. */
  readonly tag: { readonly name: string; readonly value: string } | undefined
  readonly contents: Contents
}

export interface EnumPlan {
  readonly kind: 'enum'
  readonly name: string
  /** How the variant is named: by a key around its contents, by a field of its contents, by a field beside them, or not at all. */
  readonly tagging: Tagging
  readonly variants: readonly VariantPlan[]
  /** The variants by each name under which they are read. Without those that have no name. */
  readonly byName: ReadonlyMap<string, VariantPlan>
  /** The variant that stands for every unknown name. */
  readonly other: VariantPlan | undefined
}

type Tagging =
  | { readonly kind: 'external' }
  | { readonly kind: 'internal'; readonly tag: string }
  | { readonly kind: 'adjacent'; readonly tag: string; readonly content: string }

export interface VariantPlan {
  /** The name in Rust. */
  readonly variant: string
  /** The name in the formats. */
  readonly name: string
  /** Whether it is written without its name. */
  readonly isUntagged: boolean
  readonly contents: Contents
}

export type Contents =
  | { readonly kind: 'unit' }
  | { readonly kind: 'newtype'; readonly item: Type }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'fields'; readonly fields: readonly FieldPlan[]; readonly hasFlat: boolean }

export interface FieldPlan {
  /** The name in Rust. */
  readonly field: string
  /** The name in the formats. */
  readonly name: string
  /** Further names under which the field is read. */
  readonly aliases: readonly string[]
  readonly type: Type
  /** Whether the fields of its value are written in its place. */
  readonly isFlat: boolean
  readonly isOptional: boolean
}

/** Returns a function that prepares the types of a schema by name, each once. */
export function planner(schema: Schema): (name: string) => Plan | undefined {
  const plans = new Map<string, Plan>()
  return (name) => {
    const known = plans.get(name)
    if (known !== undefined) return known
    const type = schema.types.get(name)
    if (type === undefined) return undefined
    const plan = planOf(name, type)
    plans.set(name, plan)
    return plan
  }
}

/** Prepares one type. */
export function planOf(name: string, type: NamedType): Plan {
  const form = type.serde ?? {}
  const body = declaredBody(type)
  if (body.kind === 'struct') {
    const { tag, tagValue = name } = form
    return {
      kind: 'struct',
      name,
      tag: tag === undefined ? undefined : { name: tag, value: tagValue },
      contents: contentsOf(body.fields, '', form),
    }
  }
  const variants = body.variants.map(
    (variant): VariantPlan => ({
      variant: variant.name,
      name: form.names?.get(variant.name) ?? variant.name,
      isUntagged: form.untagged === true || form.untagged?.includes(variant.name) === true,
      contents: contentsOf(variant.fields, `${variant.name}.`, form),
    }),
  )
  const byName = new Map<string, VariantPlan>()
  for (const plan of variants) {
    const names = [plan.name, ...(form.aliases?.get(plan.variant) ?? [])]
    // As in Rust, the first variant with a name is found.
    if (!plan.isUntagged) for (const one of names) if (!byName.has(one)) byName.set(one, plan)
  }
  const other = variants.find(({ variant }) => variant === form.other)
  return { kind: 'enum', name, tagging: taggingOf(form), variants, byName, other }
}

function taggingOf({ tag, content }: SerdeForm): Tagging {
  if (tag === undefined) return { kind: 'external' }
  return content === undefined ? { kind: 'internal', tag } : { kind: 'adjacent', tag, content }
}

function contentsOf(fields: Fields, path: string, form: SerdeForm): Contents {
  if (fields.kind === 'unit') return fields
  if (fields.kind === 'tuple') {
    const [only, ...more] = fields.items
    return only !== undefined && more.length === 0 ? { kind: 'newtype', item: only } : fields
  }
  const plans = fields.fields.map(({ name, type }): FieldPlan => {
    const own = `${path}${name}`
    return {
      field: name,
      name: form.names?.get(own) ?? name,
      aliases: form.aliases?.get(own) ?? [],
      type,
      isFlat: form.flatten?.includes(own) === true,
      isOptional: form.optional?.includes(own) === true,
    }
  })
  return { kind: 'fields', fields: plans, hasFlat: plans.some(({ isFlat }) => isFlat) }
}

/** `Result<T, E>` as an enum. */
export const resultPlan = (ok: Type, error: Type): EnumPlan => {
  const variant = (name: string, item: Type): VariantPlan => ({
    variant: name,
    name,
    isUntagged: false,
    contents: { kind: 'newtype', item },
  })
  const variants = [variant('Ok', ok), variant('Err', error)]
  return {
    kind: 'enum',
    name: 'Result',
    tagging: { kind: 'external' },
    variants,
    byName: new Map(variants.map((one) => [one.name, one])),
    other: undefined,
  }
}
