import type { Meta, RustVariant } from '../../../rust/ast.ts'
import { toCaseStyle } from './case-style.ts'

/** The methods that strum and its derives add to an enum. */
const DERIVE_OF_METHOD: Readonly<Record<string, string>> = {
  as_ref: 'AsRefStr',
  to_string: 'Display',
  into: 'IntoStaticStr',
}

/** The text that a method derived by strum returns for a variant. `undefined` if the method is not one of strum's. */
export function strumText(
  method: string,
  variant: RustVariant,
  attributes: readonly Meta[],
  derives: readonly string[],
): string | undefined {
  const derive = DERIVE_OF_METHOD[method]
  if (derive === undefined || !derives.includes(derive)) return undefined
  const own = variant.attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
  const given = own.find(({ path }) => path === 'to_string') ?? own.find(({ path }) => path === 'serialize')
  if (given?.value !== undefined) return given.value
  const all = attributes.filter(({ path }) => path === 'strum').flatMap(({ items }) => items)
  const style = all.find(({ path }) => path === 'serialize_all')?.value
  return style === undefined ? variant.name : toCaseStyle(variant.name, style)
}
