import { declaredBody, type Schema, type Type } from '../model.ts'
import { type Contents, type EnumPlan, type Plan, planner, resultPlan, type VariantPlan } from './plan.ts'
import { asFields, type JsonFields, setField } from './value-kinds.ts'

/** Whether bincode cannot contain the payloads of a schema, because serde tags or flattens the root. */
export function needsNames({ root, types }: Schema): boolean {
  const type = types.get(root)
  return type?.kind === 'struct' && type.serde?.body !== undefined
}

/** The schema as if serde changed no names: all fields and variants, as Rust declares them. */
export const withoutSerde = (schema: Schema): Schema => ({
  ...schema,
  types: new Map([...schema.types].map(([name, type]) => [name, { ...declaredBody(type), at: type.at }])),
})

/**
 * Compiles a schema to a function that converts a value of {@link withoutSerde}, as the decoder of bincode returns it, to what
 * serde_json writes. The value must have its type.
 */
export function serdeConverter(schema: Schema): (value: unknown) => unknown {
  const plan = planner(schema)
  const convert = (type: Type, value: unknown): unknown => {
    switch (type.kind) {
      case 'option':
        // Some(()) and Some(None) are null in serde_json.
        return value === null ? null : convert(type.item, 'Some' in asFields(value) ? someOf(value) : value)
      case 'sequence':
      case 'array':
        return Array.isArray(value) ? value.map((item) => convert(type.item, item)) : value
      case 'tuple':
        return itemsOf(type.items, value)
      case 'map':
        if (Array.isArray(value))
          return value.map(([key, item]: [unknown, unknown]) => [convert(type.key, key), convert(type.value, item)])
        return mapped(asFields(value), (item) => convert(type.value, item))
      case 'result':
        return planned(resultPlan(type.ok, type.error), value)
      case 'named': {
        const found = plan(type.name)
        return found === undefined ? value : planned(found, value)
      }
      default:
        return value
    }
  }
  const itemsOf = (items: readonly Type[], value: unknown): unknown =>
    (value as readonly unknown[]).map((item, index) => convert(items[index] as Type, item))
  const planned = (of: Plan, value: unknown): unknown => {
    if (of.kind === 'enum') return variantOf(of, value)
    const contents = contentsOf(of.contents, value)
    return of.tag === undefined ? contents : { [of.tag.name]: of.tag.value, ...asFields(contents) }
  }
  const variantOf = (of: EnumPlan, value: unknown): unknown => {
    const [name, held] = typeof value === 'string' ? [value, null] : (Object.entries(asFields(value))[0] ?? [])
    const variant = of.variants.find((one) => one.variant === name)
    return variant === undefined ? value : tagged(of, variant, contentsOf(variant.contents, held))
  }
  const contentsOf = (contents: Contents, value: unknown): unknown => {
    if (contents.kind === 'unit') return null
    if (contents.kind === 'newtype') return convert(contents.item, value)
    if (contents.kind === 'tuple') return itemsOf(contents.items, value)
    const fields: Record<string, unknown> = {}
    for (const { field, name, type, isFlat } of contents.fields) {
      const converted = convert(type, asFields(value)[field])
      if (!isFlat) setField(fields, name, converted)
      else for (const [key, item] of Object.entries(asFields(converted))) setField(fields, key, item)
    }
    return fields
  }
  return (value) => convert({ kind: 'named', name: schema.root }, value)
}

function tagged({ tagging }: EnumPlan, { name, isUntagged, contents }: VariantPlan, held: unknown): unknown {
  const isUnit = contents.kind === 'unit'
  if (isUntagged) return held
  if (tagging.kind === 'external') return isUnit ? name : { [name]: held }
  if (tagging.kind === 'internal') return { [tagging.tag]: name, ...asFields(held) }
  return isUnit ? { [tagging.tag]: name } : { [tagging.tag]: name, [tagging.content]: held }
}

const someOf = (value: unknown): unknown => asFields(value).Some

function mapped(fields: JsonFields, convert: (value: unknown) => unknown): JsonFields {
  const converted: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(fields)) setField(converted, key, convert(item))
  return converted
}
