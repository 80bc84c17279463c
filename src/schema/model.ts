/** A Rust type, reduced to what bincode writes for it. */
export type Type =
  | { readonly kind: Primitive }
  /** `Option<T>`: one byte, then the value if there is one. */
  | { readonly kind: 'option'; readonly item: Type }
  /** A length, then the items. `name` is the Rust collection (`Vec`, `HashSet`), which is not in the bytes. */
  | { readonly kind: 'sequence'; readonly name: string; readonly item: Type }
  | { readonly kind: 'map'; readonly name: string; readonly key: Type; readonly value: Type }
  /** `[T; 4]`: only the items, without a length. */
  | { readonly kind: 'array'; readonly item: Type; readonly length: number }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  /** `Result<T, E>`: a u32, 0 for `Ok`. */
  | { readonly kind: 'result'; readonly ok: Type; readonly error: Type }
  /**
   * A library type whose bytes crbus knows (`Uuid`, `DateTime<Utc>`). `i64 as ts_milliseconds` is an i64 written by the
   * serde `with` module of that name; `unreadable` is a type that cannot be read from its bytes.
   */
  | { readonly kind: 'known'; readonly name: string }
  /** One of the schema's own types, by its key in `types`. */
  | { readonly kind: 'named'; readonly name: string }

/** The Rust types whose bytes are fixed by bincode itself. `bytes`: `serde_bytes`, a length and the bytes. */
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

/** The contents of a struct or a variant. */
export type Fields =
  | { readonly kind: 'unit' }
  /** The items in the order of their declaration, which is the order of the bytes. A tuple of one item is a newtype. */
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly type: Type }[] }

/** A struct or an enum of a schema. `at` is its location in the Rust source, empty when it is not known. */
export type NamedType =
  | { readonly kind: 'struct'; readonly at: string; readonly fields: Fields }
  /** The index of a variant in the list is its number in the bytes. */
  | {
      readonly kind: 'enum'
      readonly at: string
      readonly variants: Variants
    }

/** The variants of an enum, in the order of their declaration. */
export type Variants = readonly { readonly name: string; readonly fields: Fields }[]

/**
 * The encoding of the payloads of one topic: the Rust enum of its events, and every type that the enum refers to. Made by
 * `crbus schema import` and read by {@link readSchemaFile}.
 */
export interface Schema {
  readonly topic: string
  /** The enum that is serialized, a key of `types`. */
  readonly root: string
  /** Event type → path of variants, `OrderPlaced` or, through an enum that wraps another, `Inventory.SeatReserved`. */
  readonly events: ReadonlyMap<string, string>
  /** The structs and enums, by the names that types refer to them with. */
  readonly types: ReadonlyMap<string, NamedType>
  /** The answers that the import was given about the source; the next import reuses them. */
  readonly answers?: Answers | undefined
}

/** Answers to what the Rust source leaves open. */
export interface Answers {
  /** The type to use for each path, written as in a schema file. */
  readonly map: ReadonlyMap<string, string>
  /** Answers to questions: what a `with` module writes, whether a Cargo feature is on. */
  readonly assume: ReadonlyMap<string, string>
}
