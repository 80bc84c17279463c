import type { SampledReads } from '../evidence/sample-payloads.ts'

/** What a change does to bytes that were written before it. */
export type ChangeKind =
  /** Some bytes decode to something else than was written, without an error. */
  | 'silent'
  /** Some bytes do not decode, and no bytes decode to something else. */
  | 'breaks'
  /** All bytes decode to the value that was written. */
  | 'safe'

/** The kinds from the worst to the best. */
export const kindsByRisk: readonly ChangeKind[] = ['silent', 'breaks', 'safe']

/** One change of a schema. Its stable `code` says what changed; `ui/schemas` writes the text for people. */
export type SchemaChange = ChangeOutcome & ChangeDetail

interface ChangeOutcome {
  readonly kind: ChangeKind
  /** The type, variant or field by its path in the old schema: `OrderAction.OrderPlaced.items`. */
  readonly where: string
  /** Event types, or variants without one, whose payloads contain the changed type. */
  readonly events: readonly string[]
  /** What the change does to new bytes in a service that still has the old types. */
  readonly oldReaders: ChangeKind
  /** True when bytes are left over at the end of a payload: crbus refuses them, `bincode::deserialize` in Rust ignores them. */
  readonly leftoverBytes: boolean
  /** True when fields moved between types and the whole payload kept the same parts in the same order. */
  readonly isRegrouped: boolean
  /** What happened to random payloads that contain the changed type. Absent if none could be made. */
  readonly sampled?: SampledReads
}

/** A field with its type as schema files write it. A tuple's items have no name. */
export interface FieldText {
  readonly name?: string
  readonly type: string
}

export type ChangeDetail =
  /** Payloads begin with another type. `wrappedBy` is the variant of the new root that holds the old root. */
  | { readonly code: 'root-changed'; readonly before: string; readonly after: string; readonly wrappedBy?: string }
  /** Integers have fixed sizes instead of variable ones, or the reverse. */
  | { readonly code: 'integers-changed'; readonly before: Integers; readonly after: Integers }
  | { readonly code: 'type-renamed'; readonly before: string; readonly after: string }
  /** A struct became an enum, or the reverse. */
  | { readonly code: 'type-kind-changed'; readonly before: NamedKind; readonly after: NamedKind }
  /** A field or an item has another type. Both types are written as in schema files. */
  | {
      readonly code: 'type-changed'
      readonly before: string
      readonly after: string
      readonly reason: TypeChangeReason
    }
  /** The items of a tuple became fields with names, in the same order. */
  | { readonly code: 'fields-named' }
  /** Fields with names became the items of a tuple, in the same order. */
  | { readonly code: 'fields-unnamed' }
  /** A tuple, a struct or a variant has another number of values, and at least one side has no field names to compare. */
  | { readonly code: 'contents-changed'; readonly before: readonly FieldText[]; readonly after: readonly FieldText[] }
  /** `type` is the new type, if it is written in another way. */
  | { readonly code: 'field-renamed'; readonly before: string; readonly after: string; readonly type?: string }
  /** Another field is at the position of a removed one, and the bytes do not decode the same. */
  | { readonly code: 'field-replaced'; readonly before: FieldText; readonly after: FieldText }
  /** Some fields became others that take the same bytes, such as a struct in place of its fields. */
  | { readonly code: 'fields-regrouped'; readonly removed: readonly string[]; readonly added: readonly string[] }
  | { readonly code: 'field-removed'; readonly type: string; readonly takesNoBytes: boolean }
  /** `nextField` is the field that follows; it is missing for a field at the end. */
  | {
      readonly code: 'field-added'
      readonly type: string
      readonly isOption: boolean
      readonly takesNoBytes: boolean
      readonly nextField?: string
    }
  | {
      readonly code: 'fields-reordered'
      /** The names of all fields in their old and in their new order. */
      readonly before: readonly string[]
      readonly after: readonly string[]
      readonly movedFields: readonly string[]
      /** The two fields that changed places, if nothing else moved. */
      readonly swapped?: readonly string[]
      /** The first field whose bytes decode as another field. */
      readonly misread?: { readonly before: string; readonly after: string }
    }
  /** A variant at the end was removed, so no other variant changed its number. */
  | { readonly code: 'variant-removed'; readonly variant: string }
  /** A variant was added at the end, so no other variant changed its number. */
  | { readonly code: 'variant-added'; readonly variant: string }
  | { readonly code: 'variant-renamed'; readonly before: string; readonly after: string }
  /** A new variant has the number of a removed one. `isDecoded`: some bytes of the old variant decode as the new one. */
  | {
      readonly code: 'variant-replaced'
      readonly before: string
      readonly after: string
      readonly isDecoded: boolean
    }
  /** Variants were reordered, inserted or removed, so that others have another number in the bytes. */
  | {
      readonly code: 'variants-renumbered'
      readonly isReordered: boolean
      readonly inserted: readonly string[]
      /** The variant that follows the last inserted one. */
      readonly insertedBefore?: string
      readonly removed: readonly string[]
      /** What happens to the bytes of each variant whose number changed; variants that decode as another one come first. */
      readonly misread: readonly MisreadVariant[]
    }

type Integers = 'fixed' | 'variable'

type NamedKind = 'struct' | 'enum'

export interface MisreadVariant {
  readonly before: string
  /** The variant that has the number of `before` now; missing if the number is free. */
  readonly after?: string
  readonly outcome: 'decodes' | 'decodes-or-fails' | 'fails'
}

/** Why the change of a type has its effect on old bytes. */
export type TypeChangeReason =
  /** The bytes and the values are the same. */
  | 'same-bytes'
  /** The new type is a set: of several equal items, one is left. */
  | 'drops-duplicates'
  /** The new type is a heap, which does not keep the order of its items. */
  | 'loses-order'
  /** Only the sign of an integer type differs: negative numbers have the same bytes as the largest unsigned ones. */
  | 'sign'
  /** The bytes decode to another value. */
  | 'other-value'
  /** Some bytes decode to another value, others fail. */
  | 'other-value-or-fails'
  /** Old bytes lack the byte in front of an Option. */
  | 'option-byte-missing'
  /** Old bytes still have the byte in front of an Option. */
  | 'option-byte-left'
  /** The new type does not accept every old value; the others stay the same. */
  | 'fewer-values'
  /** The bytes of the two types differ, so that no old value decodes, except perhaps None or an empty list. */
  | 'other-bytes'
