import type { SourceLocation } from '../../rust/source.ts'

/** What an import assumed, or a limit of the encoding that the user should know of. The sentences are in src/ui/schemas/import-note-words.ts. */
export type ImportNote = SourceLocation & NoteContent

/** A note without its location. `about` is a type, a field or a variant, as in the source. */
export type NoteContent =
  | { readonly code: 'unparsable' }
  | { readonly code: 'module-missing'; readonly module: string; readonly tried: readonly string[] }
  | { readonly code: 'root-assumed'; readonly root: string; readonly contains: readonly string[] }
  | { readonly code: 'root-of-topic-assumed'; readonly root: string; readonly topic: string }
  | { readonly code: 'topic-assumed'; readonly topic: string }
  /** The only type of its name was taken for a path that does not resolve. `at` is its location. */
  | { readonly code: 'type-assumed'; readonly path: string; readonly type: string; readonly at: string }
  /** The source has nothing that an answer of the user is for. */
  | { readonly code: 'answer-unused'; readonly question: string }
  /** The event types are the names of the variants of `enum`. */
  | { readonly code: 'event-types-assumed'; readonly enum: string }
  | { readonly code: 'event-type-assumed'; readonly variant: string; readonly eventType: string }
  /** The variant may have more event types than these. */
  | { readonly code: 'event-types-incomplete'; readonly variant: string; readonly eventTypes: readonly string[] }
  | { readonly code: 'event-type-ambiguous'; readonly eventType: string; readonly variants: readonly string[] }
  | { readonly code: 'unsupported-by-bincode'; readonly about: string; readonly reason: string }
  /** Bytes without the field cannot be decoded. */
  | {
      readonly code: 'may-be-omitted'
      readonly about: string
      readonly attribute: 'skip_serializing_none' | 'skip_serializing_if'
    }
  /** `serializes` is absent if the type serializes its own variants or fields. */
  | {
      readonly code: 'conversion-differs'
      readonly about: string
      readonly deserializes: string
      readonly serializes: string | undefined
      readonly own: 'variants' | 'fields'
    }
  /** From this variant on, Rust deserializes other numbers than it serializes. */
  | { readonly code: 'variants-misnumbered'; readonly about: string; readonly skippedVariants: readonly string[] }
  | { readonly code: 'not-serialized'; readonly about: string }
  | { readonly code: 'not-deserialized'; readonly about: string }
