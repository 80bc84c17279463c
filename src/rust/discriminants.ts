import { derivesOf } from './attributes.ts'
import type { Meta, RustItem, RustVariant } from './syntax.ts'

/** The enum that strum's `EnumDiscriminants` makes of another, if it is asked to: its variants without what they hold. */
export function discriminantsOf(rust: RustItem): RustItem[] {
  const isAsked = derivesOf(rust.attributes).some((path) => /(^|::)EnumDiscriminants$/.test(path))
  if (rust.kind !== 'enum' || !isAsked) return []
  const attributes = passedOn(rust.attributes)
  const name = attributes.find(({ path }) => path === 'name')?.items[0]?.path ?? `${rust.name}Discriminants`
  const variants = rust.variants.map(
    (variant): RustVariant => ({
      ...variant,
      fields: { kind: 'unit', fields: [] },
      attributes: passedOn(variant.attributes),
    }),
  )
  const own = attributes.filter(({ path }) => path !== 'name' && path !== 'vis')
  return [{ ...rust, name, generics: [], attributes: own, variants }]
}

/** What stands in `strum_discriminants(…)` is for the other enum; what is not compiled is in neither. */
const passedOn = (attributes: readonly Meta[]): readonly Meta[] =>
  attributes.flatMap((meta) => (meta.path === 'strum_discriminants' ? meta.items : meta.path === 'cfg' ? [meta] : []))
