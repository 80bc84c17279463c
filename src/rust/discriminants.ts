import type { Meta, RustItem, RustVariant } from './ast.ts'
import { derivesOf } from './attributes.ts'

/**
 * Returns the enum that strum's `EnumDiscriminants` generates, which has the same variants without fields. Empty if the item
 * does not derive it.
 */
export function discriminantsOf(rust: RustItem): RustItem[] {
  const isDerived = derivesOf(rust.attributes).some((path) => /(^|::)EnumDiscriminants$/.test(path))
  if (rust.kind !== 'enum' || !isDerived) return []
  const attributes = generatedAttributes(rust.attributes)
  const name = attributes.find(({ path }) => path === 'name')?.items[0]?.path ?? `${rust.name}Discriminants`
  const variants = rust.variants.map(
    (variant): RustVariant => ({
      ...variant,
      fields: { kind: 'unit', fields: [] },
      attributes: generatedAttributes(variant.attributes),
    }),
  )
  const own = attributes.filter(({ path }) => path !== 'name' && path !== 'vis')
  return [{ ...rust, name, generics: [], attributes: own, variants }]
}

/** Attributes of the generated enum: the items of `strum_discriminants(…)`, and `cfg`, which removes a variant from both. */
const generatedAttributes = (attributes: readonly Meta[]): readonly Meta[] =>
  attributes.flatMap((meta) => (meta.path === 'strum_discriminants' ? meta.items : meta.path === 'cfg' ? [meta] : []))
