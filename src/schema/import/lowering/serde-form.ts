import type { Meta, RustField, RustFields, RustItem } from '../../../rust/ast.ts'
import type { Serde } from '../../../rust/attributes.ts'
import type { Body, Fields, NamedType, SerdeForm } from '../../model.ts'
import { UNREADABLE } from './lowering-parts.ts'

/** A struct or an enum of the source. */
export type Declared = Extract<RustItem, { readonly kind: 'struct' | 'enum' }>

/** The serde attributes of a part of an item; `undefined` if `cfg` excludes the part. */
type SerdeOf = (attributes: readonly Meta[]) => Serde | undefined

/**
 * Determines how serde writes a lowered item in formats that contain names. `serde` has the attributes of the item itself.
 * `undefined` if all names are those of Rust.
 */
export function serdeForm(rust: Declared, body: Body, serde: Serde, serdeOf: SerdeOf): SerdeForm | undefined {
  const found = new Found()
  const tag = serde.value('tag')
  if (body.kind === 'struct' && rust.kind === 'struct') {
    found.fields(rust.fields, body.fields, '', serde.renames('rename_all'), serdeOf)
    if (serde.has('default')) found.optional.push(...namesOf(body.fields))
  }
  const written = (rust.kind === 'enum' ? rust.variants : []).flatMap((variant) => {
    const own = serdeOf(variant.attributes)
    return own ? [{ ...variant, own }] : []
  })
  for (const { name, fields } of body.kind === 'enum' ? body.variants : []) {
    const variant = written.find((one) => one.name === name)
    if (!variant) continue
    const { own } = variant
    found.name(name, name, own, serde.renames('rename_all'), inVariants)
    if (own.has('untagged')) found.untagged.push(name)
    if (own.has('other')) found.other = name
    const all = own.has('rename_all') ? own.renames('rename_all') : serde.renames('rename_all_fields')
    found.fields(variant.fields, fields, `${name}.`, all, serdeOf)
  }
  const { names, aliases, flatten, optional, untagged, other } = found
  const form: SerdeForm = {
    ...(tag === undefined ? {} : { tag }),
    ...(tag !== undefined && body.kind === 'struct'
      ? { tagValue: serde.renames('rename').serialize ?? rust.name }
      : {}),
    ...(serde.has('content') ? { content: serde.value('content') } : {}),
    ...(serde.has('untagged') ? { untagged: true } : untagged.length > 0 ? { untagged } : {}),
    ...(names.size > 0 ? { names } : {}),
    ...(aliases.size > 0 ? { aliases } : {}),
    ...(flatten.length > 0 ? { flatten } : {}),
    ...(optional.length > 0 ? { optional: [...new Set(optional)] } : {}),
    ...(other === undefined ? {} : { other }),
  }
  return Object.keys(form).length === 0 ? undefined : form
}

/**
 * Returns the type with its form. Where bincode cannot decode a part, the part is unreadable, and the form has the complete
 * fields or variants.
 */
export function withSerdeForm(type: NamedType, form: SerdeForm | undefined): NamedType {
  if (!form) return type
  const { tag, content, untagged, flatten = [] } = form
  const isWhole = tag !== undefined || content !== undefined || untagged === true
  const unreadable: Fields = { kind: 'tuple', items: [UNREADABLE] }
  const { at } = type
  if (isWhole || (type.kind === 'struct' && flatten.length > 0)) {
    return { kind: 'struct', at, fields: unreadable, serde: { ...form, body: bodyOf(type) } }
  }
  const isUnreadable = (name: string) => untagged?.includes(name) || flatten.some((path) => path.startsWith(`${name}.`))
  if (type.kind === 'struct' || !type.variants.some(({ name }) => isUnreadable(name))) return { ...type, serde: form }
  const variants = type.variants.map((one) => (isUnreadable(one.name) ? { ...one, fields: unreadable } : one))
  return { kind: 'enum', at, variants, serde: { ...form, body: bodyOf(type) } }
}

const bodyOf = (type: NamedType): Body =>
  type.kind === 'struct' ? { kind: 'struct', fields: type.fields } : { kind: 'enum', variants: type.variants }

const namesOf = (fields: Fields): string[] => (fields.kind === 'fields' ? fields.fields.map(({ name }) => name) : [])

/** The names that differ and the other parts of a form, as they are found. */
class Found {
  readonly names = new Map<string, string>()
  readonly aliases = new Map<string, readonly string[]>()
  readonly flatten: string[] = []
  readonly optional: string[] = []
  readonly untagged: string[] = []
  other: string | undefined

  /** Adds the names of the fields of a struct or a variant. `path` is the beginning of their paths. */
  fields(rust: RustFields, lowered: Fields, path: string, all: Renames, serdeOf: SerdeOf): void {
    const kept = new Map<string, { field: RustField; own: Serde }>()
    for (const field of rust.fields) {
      const own = serdeOf(field.attributes)
      if (own) kept.set(field.name, { field, own })
    }
    for (const name of namesOf(lowered)) {
      const own = kept.get(name)?.own
      if (!own) continue
      if (own.has('flatten')) this.flatten.push(`${path}${name}`)
      else this.name(`${path}${name}`, name, own, all, inFields)
      if (own.has('default') || own.has('skip_serializing_if')) this.optional.push(`${path}${name}`)
    }
  }

  /** Adds the names of a field or a variant: the one that is written, and those that are also read. */
  name(path: string, name: string, own: Serde, all: Renames, inStyle: (name: string, style: string) => string): void {
    const { serialize, deserialize } = own.renames('rename')
    const written = serialize ?? (all.serialize === undefined ? name : inStyle(name, all.serialize))
    const read = deserialize ?? (all.deserialize === undefined ? name : inStyle(name, all.deserialize))
    if (written !== name) this.names.set(path, written)
    const aliases = own.metas.flatMap((meta) => (meta.path === 'alias' ? (meta.value ?? []) : []))
    const others = [...new Set([read, ...aliases])].filter((other) => other !== written)
    if (others.length > 0) this.aliases.set(path, others)
  }
}

type Renames = ReturnType<Serde['renames']>

/** Changes the name of a field, which Rust writes in snake_case, to a style of `rename_all`. */
function inFields(name: string, style: string): string {
  const pascal = name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
  switch (style) {
    case 'PascalCase':
      return pascal
    case 'camelCase':
      return pascal.charAt(0).toLowerCase() + pascal.slice(1)
    case 'UPPERCASE':
    case 'SCREAMING_SNAKE_CASE':
      return name.toUpperCase()
    case 'kebab-case':
      return name.replaceAll('_', '-')
    case 'SCREAMING-KEBAB-CASE':
      return name.toUpperCase().replaceAll('_', '-')
    default:
      return name
  }
}

/** Changes the name of a variant, which Rust writes in PascalCase, to a style of `rename_all`. Serde begins a word at each capital. */
function inVariants(name: string, style: string): string {
  const snake = name.replace(/(?<=.)[A-Z]/gu, (letter) => `_${letter}`).toLowerCase()
  switch (style) {
    case 'lowercase':
      return name.toLowerCase()
    case 'UPPERCASE':
      return name.toUpperCase()
    case 'camelCase':
      return name.charAt(0).toLowerCase() + name.slice(1)
    case 'snake_case':
      return snake
    case 'SCREAMING_SNAKE_CASE':
      return snake.toUpperCase()
    case 'kebab-case':
      return snake.replaceAll('_', '-')
    case 'SCREAMING-KEBAB-CASE':
      return snake.toUpperCase().replaceAll('_', '-')
    default:
      return name
  }
}
