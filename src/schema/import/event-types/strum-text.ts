import type { Meta, RustVariant } from '../../../rust/ast.ts'
import { toCaseStyle } from './case-style.ts'

/** The derive of strum that provides each method. */
const DERIVE_OF_METHOD: Readonly<Record<string, string>> = {
  as_ref: 'AsRefStr',
  to_string: 'Display',
  into: 'IntoStaticStr',
}

/**
 * Returns the text that a method derived by strum returns for a variant. `attributes` and `derives` are those of the enum.
 * Returns `undefined` if strum does not provide the method.
 */
export function strumText(
  method: string,
  variant: RustVariant,
  attributes: readonly Meta[],
  derives: readonly string[],
): string | undefined {
  const derive = DERIVE_OF_METHOD[method]
  if (derive === undefined || !derives.includes(derive)) return undefined
  const variantOptions = variant.attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
  const option =
    variantOptions.find(({ path }) => path === 'to_string') ?? variantOptions.find(({ path }) => path === 'serialize')
  if (option?.value !== undefined) return option.value
  const enumOptions = attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
  const style = enumOptions.find(({ path }) => path === 'serialize_all')?.value
  return style === undefined ? variant.name : toCaseStyle(variant.name, style)
}
