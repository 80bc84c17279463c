import type { Fields, NamedType, Type } from '../model.ts'

/** A field of a struct, or an item of a tuple, which has no name. */
export interface Part {
  readonly name?: string | undefined
  readonly type: Type
}

export const partsOf = (fields: Fields): readonly Part[] =>
  fields.kind === 'fields' ? fields.fields : fields.kind === 'tuple' ? fields.items.map((type) => ({ type })) : []

/** The fields of a struct, or those of each variant of an enum. */
export const fieldsIn = (type: NamedType | undefined): Fields[] =>
  type === undefined ? [] : type.kind === 'struct' ? [type.fields] : type.variants.map(({ fields }) => fields)

/** How the names of two fields or variants at the same index relate. */
export type Match = 'same' | 'renamed' | 'mistaken'

/**
 * Compares the names of two fields or variants at the same index. A name that the other schema does not have at all is
 * a rename. A name that the other schema has at another index has moved, so the bytes are mistaken for another member.
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
