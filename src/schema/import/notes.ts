import type { SourceLocation } from '../../rust/source.ts'

/**
 * An assumption of an import, or a limitation of the encoding that the user should know of. The sentence for each code is in
 * `src/ui/schemas/import-note-words.ts`.
 */
export type ImportNote = SourceLocation & NoteContent

/** A note without its location. `about` is a type, a field or a variant, as in the source. */
export type NoteContent =
  | { readonly code: 'unparsable' }
  | { readonly code: 'module-missing'; readonly module: string; readonly tried: readonly string[] }
  /** The file of the module contains the module. `chain` lists the files, from the file to itself. */
  | { readonly code: 'module-circular'; readonly module: string; readonly chain: readonly string[] }
  | { readonly code: 'root-assumed'; readonly root: string; readonly contains: readonly string[] }
  | { readonly code: 'root-of-topic-assumed'; readonly root: string; readonly topic: string }
  | { readonly code: 'topic-assumed'; readonly topic: string }
  /** `path` does not resolve, so the only type with its last name was used. `at` is the location of that type. */
  | { readonly code: 'type-assumed'; readonly path: string; readonly type: string; readonly at: string }
  /** Nothing in the source needed this answer of the user. */
  | { readonly code: 'answer-unused'; readonly question: string }
  /** The source defines no event types, so they are made from the variant names of `enum`. */
  | { readonly code: 'event-types-assumed'; readonly enum: string }
  /** The event type of the variant could not be evaluated, so it is made from the name of the variant. */
  | { readonly code: 'event-type-assumed'; readonly variant: string; readonly eventType: string }
  /** The variant may have more event types than these. */
  | { readonly code: 'event-types-incomplete'; readonly variant: string; readonly eventTypes: readonly string[] }
  /** Several variants have this event type, so the schema does not contain it. */
  | { readonly code: 'event-type-ambiguous'; readonly eventType: string; readonly variants: readonly string[] }
  | { readonly code: 'unsupported-by-bincode'; readonly about: string; readonly reason: string }
  /** Because of `attribute`, a field may be omitted. Bytes without the field cannot be decoded. */
  | {
      readonly code: 'may-be-omitted'
      readonly about: string
      readonly attribute: 'skip_serializing_none' | 'skip_serializing_if'
    }
  /**
   * Rust deserializes the type from `deserializes` but serializes it as `serializes`, or as its own variants or fields if
   * `serializes` is `undefined`.
   */
  | {
      readonly code: 'conversion-differs'
      readonly about: string
      readonly deserializes: string
      readonly serializes: string | undefined
      readonly own: 'variants' | 'fields'
    }
  /** Because of `skippedVariants` variants, Rust deserializes this variant and later ones from other numbers than it serializes. */
  | { readonly code: 'variants-misnumbered'; readonly about: string; readonly skippedVariants: readonly string[] }
  | { readonly code: 'not-serialized'; readonly about: string }
  | { readonly code: 'not-deserialized'; readonly about: string }
