import type { Fields, NamedType, Type } from '../model.ts'

/** A field of a struct, or an item of a tuple, which has no name. */
export interface Part {
  readonly name?: string | undefined
  readonly type: Type
}

/** The fields or items in the order of the bytes. */
export const partsOf = (fields: Fields): readonly Part[] =>
  fields.kind === 'fields' ? fields.fields : fields.kind === 'tuple' ? fields.items.map((type) => ({ type })) : []

/** The fields of a struct, or the fields of each variant of an enum. */
export const fieldsIn = (type: NamedType | undefined): Fields[] =>
  type === undefined ? [] : type.kind === 'struct' ? [type.fields] : type.variants.map(({ fields }) => fields)

/** How the names of two fields or variants at the same index relate. */
export type Match = 'same' | 'renamed' | 'mistaken'

/**
 * Compares the names of two fields or variants at the same index. If neither name exists on the other side, the member was
 * renamed. If one of them exists there at another index, it has moved, so the bytes are mistaken for another member.
 */
export function matchNames(
  before: { readonly name?: string | undefined },
  after: { readonly name?: string | undefined },
  beforeNames: ReadonlySet<string | undefined>,
  afterNames: ReadonlySet<string | undefined>,
): Match {
  if (before.name === after.name) return 'same'
  if (before.name === undefined || after.name === undefined) return 'renamed'
  return beforeNames.has(after.name) || afterNames.has(before.name) ? 'mistaken' : 'renamed'
}
