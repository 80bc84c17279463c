/** A Rust type as far as its bytes are concerned. */
export type Type =
  | { readonly kind: Primitive }
  /** `Option<T>`: one byte, then the value when there is one. */
  | { readonly kind: 'option'; readonly item: Type }
  /** A count, then the items. `name` is the Rust collection's (`Vec`, `HashSet`), which the bytes do not tell. */
  | { readonly kind: 'sequence'; readonly name: string; readonly item: Type }
  | { readonly kind: 'map'; readonly name: string; readonly key: Type; readonly value: Type }
  /** `[T; 4]`: the items and nothing else. */
  | { readonly kind: 'array'; readonly item: Type; readonly length: number }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  /** `Result<T, E>`: a u32, 0 for `Ok`. */
  | { readonly kind: 'result'; readonly ok: Type; readonly error: Type }
  /**
   * A type of another crate whose bytes crbus knows (`Uuid`, `DateTime<Utc>`). `i64 as ts_milliseconds` is an i64 in the
   * bytes, which a `with` module of that name wrote; `unreadable` is what no bytes tell.
   */
  | { readonly kind: 'known'; readonly name: string }
  /** One of the schema's own types, by its key in `types`. */
  | { readonly kind: 'named'; readonly name: string }

export type Primitive =
  | 'unit'
  | 'bool'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'u128'
  | 'usize'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'i128'
  | 'isize'
  | 'f32'
  | 'f64'
  | 'char'
  | 'String'
  | 'bytes'

/** What a struct or a variant holds. */
export type Fields =
  | { readonly kind: 'unit' }
  /** In the order declared, which is the order of the bytes. A tuple of one is a newtype. */
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly type: Type }[] }

export type NamedType =
  | { readonly kind: 'struct'; readonly at: string; readonly fields: Fields }
  /** A variant's place in the list is its number in the bytes. */
  | {
      readonly kind: 'enum'
      readonly at: string
      readonly variants: Variants
    }

export type Variants = readonly { readonly name: string; readonly fields: Fields }[]

/**
 * How the payloads of one topic are encoded: the Rust enum of its events, and every type that the enum refers to. Made by
 * `crbus schema import` and read by {@link readSchemaFile}.
 */
export interface Schema {
  readonly topic: string
  /** The enum that is serialized, a key of `types`. */
  readonly root: string
  /** Event type → path of variants, `OrderPlaced` or, through an enum that wraps another, `Inventory.SeatReserved`. */
  readonly events: ReadonlyMap<string, string>
  readonly types: ReadonlyMap<string, NamedType>
  /** What was said about its source, which the next import need not be told again. */
  readonly answers?: Answers | undefined
}

/** What is said about Rust source that does not settle a thing by itself. */
export interface Answers {
  /** Types by their path, each as the text of a type. */
  readonly map: ReadonlyMap<string, string>
  /** Answers to questions: what a `with` module writes, whether a feature is on. */
  readonly assume: ReadonlyMap<string, string>
}
